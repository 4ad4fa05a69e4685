// libtorch speaks in exceptions; here they become errors, once, at the module's boundary.
// Errors: OUT_OF_MEMORY, TORCH_FAILED. Thread rule: stateless.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "engine/api/result.h"

namespace tandem {

// What the exception now being handled means; call it in a catch block only. `doing` says what was tried, as in
// "load the weights".
Error current_torch_error(const std::string& doing);

// The value of call(), or what it threw as an Error. A call that returns a Result keeps it.
template <class Call>
auto translate_torch(const std::string& doing, Call&& call) {
    using Value = std::invoke_result_t<Call>;
    if constexpr (requires {
                      std::declval<Value>().ok();
                      std::declval<Value>().error();
                  }) {
        try {
            return std::forward<Call>(call)();
        } catch (...) {
            return Value(current_torch_error(doing));
        }
    } else if constexpr (std::is_void_v<Value>) {
        try {
            std::forward<Call>(call)();
            return Result<void>();
        } catch (...) {
            return Result<void>(current_torch_error(doing));
        }
    } else {
        try {
            return Result<Value>(std::forward<Call>(call)());
        } catch (...) {
            return Result<Value>(current_torch_error(doing));
        }
    }
}

}  // namespace tandem
