// The document by which a worker is told its job. What is accepted means the same when it is written and read again,
// and has one identity.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "experiments/wire/job_json.h"
#include "experiments/wire/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tandem::wire;  // NOLINT: a program of one function
    const auto start = decode_start(std::as_bytes(std::span(data, size)));
    if (!start.ok()) {
        if (start.error().code != "WIRE_MESSAGE" || start.error().message.empty()) {
            std::abort();
        }
        return 0;
    }
    const Bytes written = encode(*start);
    const auto again = decode_start(written);
    if (!again.ok() || encode(*again) != written ||
        tandem::job_identity_json(again->job) != tandem::job_identity_json(start->job)) {
        std::abort();
    }
    return 0;
}
