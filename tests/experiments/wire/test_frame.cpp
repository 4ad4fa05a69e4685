#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "experiments/wire/bytes.h"
#include "experiments/wire/frame.h"

namespace tandem::wire {
namespace {

constexpr std::uint64_t session = 0x1122334455667788;

Bytes payload_of(std::string_view text) {
    const auto bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

// A header as anyone could write it.
struct RawHeader {
    std::uint32_t magic_number = magic;
    std::uint16_t version = protocol_version;
    std::uint16_t type = 6;
    std::uint64_t length = 1;
    std::uint64_t session_number = session;
    std::uint64_t counter = 1;
};

Bytes raw(const RawHeader& header, std::string_view payload = "x") {
    Bytes bytes;
    ByteWriter writer(bytes);
    writer.number(header.magic_number);
    writer.number(header.version);
    writer.number(header.type);
    writer.number(header.length);
    writer.number(header.session_number);
    writer.number(header.counter);
    writer.raw(payload);
    return bytes;
}

std::string code_for(const RawHeader& header, std::string_view payload = "x") {
    FrameDecoder decoder(session);
    decoder.feed(raw(header, payload));
    const auto frame = decoder.next();
    return frame.ok() ? (*frame ? "frame" : "more") : frame.error().code;
}

TEST(WireFrame, is_laid_out_as_specified) {
    FrameEncoder encoder(session);
    Bytes out;
    ASSERT_TRUE(encoder.encode(FrameType::log, payload_of("hi"), out).ok());
    const std::string expected(
        "TDM1\x01\x00\x06\x00\x02\x00\x00\x00\x00\x00\x00\x00\x88\x77\x66\x55\x44\x33\x22\x11"
        "\x01\x00\x00\x00\x00\x00\x00\x00hi",
        34);
    EXPECT_EQ(as_text(out), expected);
}

TEST(WireFrame, a_decoder_gives_back_what_was_encoded) {
    FrameEncoder encoder(session);
    Bytes stream;
    ASSERT_TRUE(encoder.encode(FrameType::hello, payload_of("a"), stream).ok());
    ASSERT_TRUE(encoder.encode(FrameType::shutdown, {}, stream).ok());
    FrameDecoder decoder(0);
    decoder.feed(stream);
    auto first = decoder.next();
    ASSERT_TRUE(first.ok() && *first);
    EXPECT_EQ((*first)->type, FrameType::hello);
    EXPECT_EQ((*first)->session, session);
    EXPECT_EQ((*first)->payload, payload_of("a"));
    auto second = decoder.next();
    ASSERT_TRUE(second.ok() && *second);
    EXPECT_EQ((*second)->counter, 2U);
    auto third = decoder.next();
    ASSERT_TRUE(third.ok());
    EXPECT_FALSE(third->has_value());
}

TEST(WireFrame, every_wrong_header_has_its_own_refusal) {
    EXPECT_EQ(code_for({}), "frame");
    EXPECT_EQ(code_for({.magic_number = 0x314D4455}), "WIRE_MAGIC");
    EXPECT_EQ(code_for({.version = 0}), "WIRE_VERSION");
    EXPECT_EQ(code_for({.version = 2}), "WIRE_VERSION");
    EXPECT_EQ(code_for({.type = 0}), "WIRE_TYPE");
    EXPECT_EQ(code_for({.type = 12}), "WIRE_TYPE");
    EXPECT_EQ(code_for({.type = 0xFFFF}), "WIRE_TYPE");
    EXPECT_EQ(code_for({.length = std::uint64_t{1} << 32}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.length = std::numeric_limits<std::uint64_t>::max()}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.length = max_control_bytes + 1}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.type = 7, .length = max_chunk_bytes + 1}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.length = 0}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.type = 11, .length = 1}), "WIRE_LENGTH");
    EXPECT_EQ(code_for({.session_number = 0}), "WIRE_SESSION");
    EXPECT_EQ(code_for({.session_number = session + 1}), "WIRE_SESSION");
    EXPECT_EQ(code_for({.counter = 0}), "WIRE_COUNTER");
    EXPECT_EQ(code_for({.counter = 2}), "WIRE_COUNTER");
}

TEST(WireFrame, the_largest_allowed_lengths_wait_for_their_payload) {
    EXPECT_EQ(code_for({.length = max_control_bytes}), "more");
    EXPECT_EQ(code_for({.type = 7, .length = max_chunk_bytes}), "more");
}

TEST(WireFrame, a_replayed_and_a_skipped_frame_are_refused) {
    for (const std::uint64_t second : {std::uint64_t{1}, std::uint64_t{3}}) {
        FrameDecoder decoder(session);
        decoder.feed(raw({}));
        ASSERT_TRUE(decoder.next().ok());
        decoder.feed(raw({.counter = second}));
        const auto refused = decoder.next();
        ASSERT_FALSE(refused.ok());
        EXPECT_EQ(refused.error().code, "WIRE_COUNTER");
        EXPECT_EQ(refused.error().where, "frame 2");
    }
}

TEST(WireFrame, a_decoder_without_a_session_keeps_to_the_first_it_saw) {
    FrameDecoder decoder(0);
    decoder.feed(raw({}));
    ASSERT_TRUE(decoder.next().ok());
    decoder.feed(raw({.session_number = session + 1, .counter = 2}));
    EXPECT_EQ(decoder.next().error().code, "WIRE_SESSION");
}

TEST(WireFrame, a_refusal_stays) {
    FrameDecoder decoder(session);
    decoder.feed(raw({.type = 99}));
    ASSERT_FALSE(decoder.next().ok());
    decoder.feed(raw({}));
    const auto again = decoder.next();
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, "WIRE_TYPE");
}

TEST(WireFrame, an_encoder_refuses_what_a_decoder_would) {
    FrameEncoder encoder(session);
    Bytes out;
    EXPECT_EQ(encoder.encode(FrameType::log, {}, out).error().code, "WIRE_LENGTH");
    EXPECT_EQ(encoder.encode(FrameType::shutdown, payload_of("x"), out).error().code, "WIRE_LENGTH");
    EXPECT_EQ(encoder.encode(FrameType::log, Bytes(max_control_bytes + 1), out).error().code, "WIRE_LENGTH");
    EXPECT_TRUE(out.empty());
    ASSERT_TRUE(encoder.encode(FrameType::artefact, Bytes(max_chunk_bytes), out).ok());
    EXPECT_EQ(out.size(), header_bytes + max_chunk_bytes);
}

RC_GTEST_PROP(WireFrame, any_split_of_the_stream_gives_the_same_frames, (const std::vector<std::string>& payloads)) {
    FrameEncoder encoder(session);
    Bytes stream;
    std::vector<Bytes> expected;
    for (const std::string& payload : payloads) {
        const Bytes bytes = payload_of(payload);
        if (encoder.encode(FrameType::log, bytes, stream).ok()) {
            expected.push_back(bytes);
        }
    }
    FrameDecoder decoder(session);
    std::vector<Bytes> found;
    std::span<const std::byte> rest(stream);
    while (!rest.empty()) {
        const auto size = *rc::gen::inRange<std::size_t>(1, std::min<std::size_t>(rest.size(), 80) + 1);
        decoder.feed(rest.first(size));
        rest = rest.subspan(size);
        while (true) {
            auto frame = decoder.next();
            RC_ASSERT(frame.ok());
            if (!*frame) {
                break;
            }
            found.push_back((*frame)->payload);
        }
    }
    RC_ASSERT(found == expected);
}

// Whatever one bit becomes, a decoder names a fault, waits for more or gives a frame; it never reads beyond its bytes.
RC_GTEST_PROP(WireFrame, a_flipped_bit_of_a_header_is_refused_or_changes_only_its_field, ()) {
    Bytes bytes = raw({.length = 4}, "four");
    const auto bit = *rc::gen::inRange<std::size_t>(0, header_bytes * 8);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    FrameDecoder decoder(session);
    decoder.feed(bytes);
    const auto frame = decoder.next();
    if (frame.ok() && frame->has_value()) {
        const bool in_type = bit / 8 == 6 || bit / 8 == 7;
        const bool in_length = bit / 8 >= 8 && bit / 8 < 16;
        RC_ASSERT(in_type || in_length);
    }
}

}  // namespace
}  // namespace tandem::wire
