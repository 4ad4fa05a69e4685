#include "engine/tensor/torch_error.h"

#include <c10/util/Exception.h>

#include <new>

namespace tandem {
namespace {

Error out_of_memory(const std::string& doing, const std::string& detail) {
    return {.code = "OUT_OF_MEMORY",
            .message = "there is not enough memory to " + doing + ": " + detail +
                       "; a smaller dtype, context or model needs less",
            .kind = ErrorKind::out_of_memory};
}

// The CPU allocator has no exception type of its own.
bool says_out_of_memory(const std::string& text) {
    return text.find("can't allocate memory") != std::string::npos ||
           text.find("not enough memory") != std::string::npos || text.find("out of memory") != std::string::npos ||
           text.find("storage size calculation overflowed") != std::string::npos;
}

}  // namespace

Error current_torch_error(const std::string& doing) {
    try {
        throw;
    } catch (const c10::OutOfMemoryError& error) {
        return out_of_memory(doing, error.what_without_backtrace());
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        if (says_out_of_memory(text)) {
            return out_of_memory(doing, text);
        }
        return {.code = "TORCH_FAILED",
                .message = "libtorch could not " + doing + ": " + text,
                .kind = ErrorKind::internal};
    } catch (const std::bad_alloc&) {
        return out_of_memory(doing, "an allocation was refused");
    } catch (const std::exception& error) {
        return {
            .code = "TORCH_FAILED", .message = "could not " + doing + ": " + error.what(), .kind = ErrorKind::internal};
    }
}

}  // namespace tandem
