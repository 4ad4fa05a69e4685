// SQLite's C API with owners and Results: a Connection, and Statements prepared on it. Errors: DB_* (database_error.h).
// Thread rule: a Connection and its Statements belong to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/api/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tandem::db {

class Connection;

// An empty Statement may only be assigned to.
class Statement {
public:
    Statement() = default;

    // Binds all parameters and runs to the end. Texts and blobs are borrowed until the call returns.
    template <class... Values>
    Result<void> run(const Values&... values) {
        const bool row = TANDEM_TRY(query(values...));
        (void)row;
        reset();
        return {};
    }

    // Binds all parameters and steps to the first row; true: there is one. Texts and blobs are borrowed until reset().
    template <class... Values>
    Result<bool> query(const Values&... values) {
        reset();
        int index = 0;
        (bind(++index, values), ...);
        return step();
    }

    Result<bool> step();  // true: a row
    void reset();

    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::optional<double> optional_real(int column) const;
    std::string_view text(int column) const;  // until the next step or reset
    std::string string(int column) const { return std::string(text(column)); }
    std::span<const std::byte> blob(int column) const;  // until the next step or reset

private:
    friend class Connection;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    Statement(const Connection* connection, sqlite3_stmt* statement);

    template <class Value>
    void bind(int index, const Value& value) {
        if constexpr (std::is_same_v<Value, std::nullptr_t>) {
            bind_null(index);
        } else if constexpr (std::is_integral_v<Value>) {
            bind_integer(index, static_cast<std::int64_t>(value));
        } else if constexpr (std::is_floating_point_v<Value>) {
            bind_real(index, value);
        } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
            bind_text(index, value);
        } else if constexpr (std::is_convertible_v<const Value&, std::span<const std::byte>>) {
            bind_blob(index, value);
        } else if (value) {
            bind(index, *value);
        } else {
            bind_null(index);
        }
    }
    void bind_null(int index);
    void bind_integer(int index, std::int64_t value);
    void bind_real(int index, double value);
    void bind_text(int index, std::string_view value);
    void bind_blob(int index, std::span<const std::byte> value);
    void note(int code);

    const Connection* connection_ = nullptr;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int bind_code_ = 0;  // the first failed bind since reset, reported by step()
};

enum class OpenMode {
    read_write,  // creates the file if it is not there
    read_only,
    immutable,  // read-only, for media on which nothing can change
};

class Connection {
public:
    // Opens without looking into the file. Foreign keys on, trusted_schema off, defensive.
    static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& path, OpenMode mode,
                                                    std::int64_t busy_timeout_ms);
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Result<void> execute(const std::string& sql) const;  // any number of statements, no parameters
    Result<Statement> prepare(std::string_view sql) const;
    Result<std::int64_t> integer(std::string_view sql) const;  // first column of the first row, 0 where there is none

    std::int64_t last_row_id() const;
    std::int64_t changes() const;
    const std::filesystem::path& path() const { return path_; }
    sqlite3* handle() const { return handle_.get(); }
    Error error(int code, std::string_view doing) const;

private:
    struct Close {
        void operator()(sqlite3* handle) const;
    };
    Connection(std::filesystem::path path, sqlite3* handle) : path_(std::move(path)), handle_(handle) {}

    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> handle_;
};

// Rolls back when left without a successful commit().
class Transaction {
public:
    static Result<Transaction> begin(const Connection& connection);  // BEGIN IMMEDIATE
    Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();
    Result<void> commit();

private:
    explicit Transaction(const Connection* connection) : connection_(connection) {}
    const Connection* connection_;
};

}  // namespace tandem::db
