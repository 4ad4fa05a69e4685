// Result<T>: a value or an Error. No exceptions cross a module's boundary; callers must look before they read.
// Thread rule: a value type, no sharing.
#pragma once

#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

#include "engine/api/error.h"

namespace tandem {

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    // Reading the absent side is a bug of the caller and ends the process.
    T& value() & { return require<0>(state_); }
    const T& value() const& { return require<0>(state_); }
    T&& value() && { return std::move(require<0>(state_)); }
    Error& error() & { return require<1>(state_); }
    const Error& error() const& { return require<1>(state_); }
    Error&& error() && { return std::move(require<1>(state_)); }

    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

private:
    template <std::size_t I, class S>
    static auto& require(S& state) {
        if (state.index() != I) {
            std::abort();
        }
        return *std::get_if<I>(&state);
    }

    std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit by design

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    void value() const {
        if (error_) {
            std::abort();
        }
    }
    const Error& error() const& {
        if (!error_) {
            std::abort();
        }
        return *error_;
    }
    Error&& error() && {
        if (!error_) {
            std::abort();
        }
        return std::move(*error_);
    }

private:
    std::optional<Error> error_;
};

}  // namespace tandem

// auto x = TANDEM_TRY(expression): the value, or returns the error from the enclosing function. The name is its own at
// each use, so that one may stand inside another's expression.
#define TANDEM_TRY(...) TANDEM_TRY_AS(__COUNTER__, __VA_ARGS__)
#define TANDEM_TRY_AS(number, ...) TANDEM_TRY_NAMED(number, __VA_ARGS__)
#define TANDEM_TRY_NAMED(number, ...)                      \
    __extension__({                                        \
        auto tandem_try_##number = (__VA_ARGS__);          \
        if (!tandem_try_##number.ok()) {                   \
            return std::move(tandem_try_##number).error(); \
        }                                                  \
        std::move(tandem_try_##number).value();            \
    })
