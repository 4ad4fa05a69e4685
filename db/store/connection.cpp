#include "db/store/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

#include "db/store/database_error.h"

namespace tandem::db {
namespace {

// A path may hold any byte; in a file: URI everything but the plainest must be escaped.
std::string immutable_uri(const std::filesystem::path& path) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string uri = "file:";
    for (const char character : path.string()) {
        const auto byte = static_cast<unsigned char>(character);
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' || byte == '-' || byte == '_';
        if (plain) {
            uri += character;
        } else {
            uri += '%';
            uri += hex[byte >> 4];
            uri += hex[byte & 15];
        }
    }
    return uri + "?immutable=1";
}

int open_flags(OpenMode mode) {
    switch (mode) {
        case OpenMode::read_write:
            return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
        case OpenMode::read_only:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
        case OpenMode::immutable:
            return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
    }
    return SQLITE_OPEN_READONLY;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

Statement::Statement(const Connection* connection, sqlite3_stmt* statement)
    : connection_(connection), statement_(statement) {}

Result<bool> Statement::step() {
    if (bind_code_ != SQLITE_OK) {
        return connection_->error(bind_code_, "preparing a value for storage");
    }
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
        return code == SQLITE_ROW;
    }
    Error error = connection_->error(code, std::string("running: ") + sqlite3_sql(statement_.get()));
    reset();
    return error;
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    bind_code_ = SQLITE_OK;
}

void Statement::note(int code) {
    if (bind_code_ == SQLITE_OK) {
        bind_code_ = code;
    }
}

void Statement::bind_null(int index) {
    note(sqlite3_bind_null(statement_.get(), index));
}

void Statement::bind_integer(int index, std::int64_t value) {
    note(sqlite3_bind_int64(statement_.get(), index, value));
}

void Statement::bind_real(int index, double value) {
    note(sqlite3_bind_double(statement_.get(), index, value));
}

void Statement::bind_text(int index, std::string_view value) {
    // A null pointer would bind NULL; an empty text is a text.
    const char* data = value.data() != nullptr ? value.data() : "";
    note(sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind_blob(int index, std::span<const std::byte> value) {
    const void* data = value.empty() ? static_cast<const void*>("") : value.data();
    note(sqlite3_bind_blob64(statement_.get(), index, data, value.size(), SQLITE_STATIC));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
    return sqlite3_column_double(statement_.get(), column);
}

std::optional<double> Statement::optional_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(real(column));
}

std::string_view Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return data == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(data), size);
}

std::span<const std::byte> Statement::blob(int column) const {
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return data == nullptr ? std::span<const std::byte>() : std::span(data, size);
}

void Connection::Close::operator()(sqlite3* handle) const {
    sqlite3_close_v2(handle);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& path, OpenMode mode,
                                                     std::int64_t busy_timeout_ms) {
    const std::string name = mode == OpenMode::immutable ? immutable_uri(path) : path.string();
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(name.c_str(), &handle, open_flags(mode), nullptr);
    std::unique_ptr<Connection> connection(new Connection(path, handle));
    if (code != SQLITE_OK) {
        return database_error(handle, code, path, "opening it");
    }
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, static_cast<int>(std::clamp<std::int64_t>(busy_timeout_ms, 0, 3'600'000)));
    for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                        {SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
        const int configured = sqlite3_db_config(handle, option, value, nullptr);
        if (configured != SQLITE_OK) {
            return connection->error(configured, "configuring the connection");
        }
    }
    return connection;
}

Result<void> Connection::execute(const std::string& sql) const {
    const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        return error(code, "running: " + sql.substr(0, 200));
    }
    return {};
}

Result<Statement> Connection::prepare(std::string_view sql) const {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &statement, nullptr);
    if (code != SQLITE_OK) {
        return error(code, "preparing: " + std::string(sql.substr(0, 200)));
    }
    return Statement(this, statement);
}

Result<std::int64_t> Connection::integer(std::string_view sql) const {
    Statement statement = TANDEM_TRY(prepare(sql));
    const bool row = TANDEM_TRY(statement.query());
    return row ? statement.integer(0) : 0;
}

std::int64_t Connection::last_row_id() const {
    return sqlite3_last_insert_rowid(handle());
}

std::int64_t Connection::changes() const {
    return sqlite3_changes64(handle());
}

Error Connection::error(int code, std::string_view doing) const {
    return database_error(handle(), code, path_, doing);
}

Result<Transaction> Transaction::begin(const Connection& connection) {
    if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) {
        return begun.error();
    }
    return Transaction(&connection);
}

Result<void> Transaction::commit() {
    auto committed = connection_->execute("COMMIT");
    if (committed) {
        connection_ = nullptr;
    }
    return committed;
}

Transaction::~Transaction() {
    // After some errors SQLite has rolled back by itself; asking once more would only fail.
    if (connection_ != nullptr && sqlite3_get_autocommit(connection_->handle()) == 0) {
        (void)connection_->execute("ROLLBACK");
    }
}

}  // namespace tandem::db
