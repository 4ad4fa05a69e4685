#include "experiments/wire/parts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "experiments/wire/frame.h"
#include "experiments/wire/json_message.h"

namespace tandem::wire {
namespace {

constexpr std::size_t part_header_bytes = 16;

}  // namespace

Result<bool> PartAssembler::add(std::uint64_t total, std::uint64_t offset, std::span<const std::byte> chunk) {
    if (total > limit_) {
        return Error{.code = "WIRE_LENGTH",
                     .message = "found a message of " + std::to_string(total) + " bytes in parts, allowed " +
                                std::to_string(limit_) + "; it was refused",
                     .kind = ErrorKind::failed};
    }
    if (!open_) {
        open_ = true;
        total_ = total;
    }
    const bool fits = total == total_ && offset == received_.size() && chunk.size() <= total - offset &&
                      (!chunk.empty() || total == 0);
    if (!fits) {
        return message_error("found a part of " + std::to_string(chunk.size()) + " bytes at " + std::to_string(offset) +
                                 " of " + std::to_string(total) + ", expected one at " +
                                 std::to_string(received_.size()) + " of " + std::to_string(total_),
                             "parts");
    }
    received_.insert(received_.end(), chunk.begin(), chunk.end());
    return received_.size() == total_;
}

Bytes PartAssembler::take() {
    open_ = false;
    total_ = 0;
    return std::exchange(received_, {});
}

Result<void> cut_document(std::span<const std::byte> document,
                          const std::function<Result<void>(std::span<const std::byte> payload)>& each) {
    if (document.size() > max_document_bytes) {
        return Error{.code = "WIRE_LENGTH",
                     .message = "a message of " + std::to_string(document.size()) + " bytes cannot be sent, allowed " +
                                std::to_string(max_document_bytes),
                     .kind = ErrorKind::bad_input};
    }
    std::size_t offset = 0;
    do {
        const auto chunk =
            document.subspan(offset).first(std::min(document.size() - offset, max_control_bytes - part_header_bytes));
        Bytes payload;
        ByteWriter writer(payload);
        writer.number(std::uint64_t{document.size()});
        writer.number(std::uint64_t{offset});
        writer.raw(chunk);
        if (auto sent = each(payload); !sent) {
            return sent;
        }
        offset += chunk.size();
    } while (offset < document.size());
    return {};
}

Result<bool> add_document_part(PartAssembler& assembler, std::span<const std::byte> payload) {
    ByteReader reader(payload);
    const auto total = reader.number<std::uint64_t>();
    const auto offset = reader.number<std::uint64_t>();
    if (!reader.ok() || total == 0) {
        return message_error("the part ends within its header", "parts");
    }
    return assembler.add(total, offset, reader.rest());
}

}  // namespace tandem::wire
