// Bytes of a peer. The first byte chooses who listens: a decoder, a controller before hello, a controller with a
// running attempt, a worker before or after hello. Byte pairs cut the rest into pieces, which must not change what is
// found.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "experiments/wire/controller_session.h"
#include "experiments/wire/worker_session.h"

namespace {

using namespace tandem::wire;  // NOLINT: a program of one file

constexpr std::uint64_t session = 1;

std::string drain(auto& side) {
    std::string found;
    while (true) {
        auto next = side.next();
        if (!next.ok()) {
            if (next.error().code.empty() || next.error().message.empty()) {
                std::abort();
            }
            return found + next.error().code;
        }
        if (!next->has_value()) {
            return found;
        }
        found += "+";
    }
}

void open_controller(ControllerSession& controller) {
    FrameEncoder encoder(session);
    Bytes hello;
    if (!encoder.encode(FrameType::hello, encode(Hello{.version = "1"}), hello)) {
        std::abort();
    }
    controller.receive(hello);
    (void)drain(controller);
    if (!controller.start({{std::string(64, 'a'), 1}, {}})) {
        std::abort();
    }
}

std::string listen(std::uint8_t who, View bytes, std::size_t piece) {
    FrameDecoder decoder(session);
    ControllerSession controller;
    WorkerSession worker(session);
    if (who % 5 == 2) {
        open_controller(controller);
    }
    if (who % 5 == 4 && !worker.hello({.version = "1"})) {
        std::abort();
    }
    std::string found;
    const auto take = [&](View some) {
        switch (who % 5) {
            case 0:
                decoder.feed(some);
                found += drain(decoder);
                break;
            case 1:
            case 2:
                controller.receive(some);
                found += drain(controller);
                controller.acknowledge({std::string(64, 'a'), 1}, 5);
                break;
            default:
                worker.receive(some);
                found += drain(worker);
                break;
        }
    };
    while (!bytes.empty()) {
        const View some = bytes.first(std::min(piece, bytes.size()));
        bytes = bytes.subspan(some.size());
        take(some);
        if (!found.empty() && found.back() != '+') {
            return found;
        }
    }
    return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const View bytes(reinterpret_cast<const std::byte*>(data + 2), size - 2);
    const std::size_t piece = data[1] + std::size_t{1};
    if (listen(data[0], bytes, bytes.size() + 1) != listen(data[0], bytes, piece)) {
        std::abort();
    }
    return 0;
}
