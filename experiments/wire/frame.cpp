#include "experiments/wire/frame.h"

#include <algorithm>
#include <string>

#include "experiments/wire/bytes.h"

namespace tandem::wire {
namespace {

constexpr std::size_t compact_above = 64 * 1024;  // consumed bytes at the front of the buffer are dropped beyond this

struct Header {
    std::uint32_t magic = 0;
    std::uint16_t version = 0;
    std::uint16_t type = 0;
    std::uint64_t length = 0;
    std::uint64_t session = 0;
    std::uint64_t counter = 0;
};

Header read_header(std::span<const std::byte> bytes) {
    ByteReader reader(bytes);
    Header header;
    header.magic = reader.number<std::uint32_t>();
    header.version = reader.number<std::uint16_t>();
    header.type = reader.number<std::uint16_t>();
    header.length = reader.number<std::uint64_t>();
    header.session = reader.number<std::uint64_t>();
    header.counter = reader.number<std::uint64_t>();
    return header;
}

bool is_known(std::uint16_t type) {
    return type >= static_cast<std::uint16_t>(FrameType::hello) &&
           type <= static_cast<std::uint16_t>(FrameType::shutdown);
}

// Only shutdown says all by its type.
bool length_allowed(FrameType type, std::uint64_t length) {
    if (type == FrameType::shutdown) {
        return length == 0;
    }
    return length > 0 && length <= (type == FrameType::artefact ? max_chunk_bytes : max_control_bytes);
}

std::string allowed_lengths(FrameType type) {
    return type == FrameType::shutdown
               ? "0"
               : "1 to " + std::to_string(type == FrameType::artefact ? max_chunk_bytes : max_control_bytes);
}

Error refusal(std::string code, std::string message, std::uint64_t frame) {
    return Error{.code = std::move(code),
                 .message = std::move(message) + "; the connection is given up, what came before it stands",
                 .where = "frame " + std::to_string(frame),
                 .kind = ErrorKind::failed};
}

}  // namespace

Result<void> FrameEncoder::encode(FrameType type, std::span<const std::byte> payload, std::vector<std::byte>& out) {
    if (!length_allowed(type, payload.size())) {
        return refusal("WIRE_LENGTH",
                       "a payload of type " + std::to_string(static_cast<int>(type)) + " has " +
                           std::to_string(payload.size()) + " bytes, allowed " + allowed_lengths(type),
                       next_counter_);
    }
    out.reserve(out.size() + header_bytes + payload.size());
    ByteWriter writer(out);
    writer.number(magic);
    writer.number(protocol_version);
    writer.number(static_cast<std::uint16_t>(type));
    writer.number(std::uint64_t{payload.size()});
    writer.number(session_);
    writer.number(next_counter_++);
    writer.raw(payload);
    return {};
}

void FrameDecoder::feed(std::span<const std::byte> bytes) {
    if (refused_) {
        return;
    }
    if (read_ == buffer_.size() || read_ > compact_above) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(read_));
        read_ = 0;
    }
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<Frame>> FrameDecoder::next() {
    if (refused_) {
        return *refused_;
    }
    const auto unread = std::span<const std::byte>(buffer_).subspan(read_);
    if (unread.size() < header_bytes) {
        return std::optional<Frame>();
    }
    const Header header = read_header(unread);
    const auto refuse = [&](const char* code, std::string message) -> Result<std::optional<Frame>> {
        refused_ = refusal(code, std::move(message), expected_counter_);
        buffer_ = {};
        read_ = 0;
        return *refused_;
    };
    if (header.magic != magic) {
        return refuse("WIRE_MAGIC", "found the first bytes " + std::to_string(header.magic) +
                                        ", a frame begins with TDM1: the peer does not speak this protocol");
    }
    if (header.version != protocol_version) {
        return refuse("WIRE_VERSION", "found protocol version " + std::to_string(header.version) +
                                          ", this program speaks " + std::to_string(protocol_version));
    }
    if (!is_known(header.type)) {
        return refuse("WIRE_TYPE", "found frame type " + std::to_string(header.type) + ", allowed 1 to " +
                                       std::to_string(static_cast<int>(FrameType::shutdown)));
    }
    const auto type = static_cast<FrameType>(header.type);
    if (!length_allowed(type, header.length)) {
        return refuse("WIRE_LENGTH", "found a length of " + std::to_string(header.length) + " bytes in type " +
                                         std::to_string(header.type) + ", allowed " + allowed_lengths(type));
    }
    if (header.session == 0 || (session_ != 0 && header.session != session_)) {
        return refuse("WIRE_SESSION", "found session " + std::to_string(header.session) + ", expected " +
                                          (session_ == 0 ? "any but 0" : std::to_string(session_)));
    }
    if (header.counter != expected_counter_) {
        return refuse("WIRE_COUNTER", "found counter " + std::to_string(header.counter) + ", expected " +
                                          std::to_string(expected_counter_) + ": a frame is missing or repeated");
    }
    if (unread.size() - header_bytes < header.length) {
        return std::optional<Frame>();
    }
    session_ = header.session;
    ++expected_counter_;
    const auto payload = unread.subspan(header_bytes, static_cast<std::size_t>(header.length));
    read_ += header_bytes + payload.size();
    return std::optional<Frame>(
        Frame{type, header.session, header.counter, std::vector<std::byte>(payload.begin(), payload.end())});
}

}  // namespace tandem::wire
