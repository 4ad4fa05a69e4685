#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/api/utf8.h"
#include "experiments/wire/frame.h"
#include "experiments/wire/messages.h"
#include "experiments/wire/parts.h"

namespace tandem::wire {
namespace {

const AttemptKey key{std::string(64, 'a'), 3};

std::string code_of(const auto& result) {
    return result.ok() ? "ok" : result.error().code;
}

TEST(WireMessages, hello_start_and_ends_survive_the_way) {
    const Hello hello{"0.1.0", "Release, gcc", "2.13.0", {"avx2"}, 4711};
    const auto hello_back = decode_hello(encode(hello));
    ASSERT_TRUE(hello_back.ok()) << hello_back.error().to_string();
    EXPECT_EQ(hello_back->libtorch, "2.13.0");
    EXPECT_EQ(hello_back->instruction_sets, hello.instruction_sets);
    EXPECT_EQ(hello_back->process, 4711);

    Start start{key, {}};
    start.job.pairing.model.name = "m";
    start.job.workload = NullWorkload{.observations = 7, .interval_us = 0};
    const auto start_back = decode_start(encode(start));
    ASSERT_TRUE(start_back.ok()) << start_back.error().to_string();
    EXPECT_EQ(start_back->key, key);
    EXPECT_EQ(std::get<NullWorkload>(start_back->job.workload).observations, 7);

    const auto done = decode_done(encode(Done{key, 9, {.metrics = {}, .facts = {{"dtype", "int8"}}}}));
    ASSERT_TRUE(done.ok());
    EXPECT_EQ(done->last_sequence, 9U);
    EXPECT_EQ(done->report.facts.at(0).value, "int8");

    const auto failed =
        decode_failed(encode(Failed{key, 2, Error{.code = "X", .message = "m", .kind = ErrorKind::out_of_memory}}));
    ASSERT_TRUE(failed.ok());
    EXPECT_EQ(failed->error.kind, ErrorKind::out_of_memory);
}

TEST(WireMessages, observations_keep_every_bit_of_their_numbers) {
    std::vector<Observation> sent;
    sent.push_back({.kind = ObservationKind::token,
                    .time_ns = std::numeric_limits<std::int64_t>::max(),
                    .repetition = -2,
                    .index = std::numeric_limits<std::int64_t>::min(),
                    .name = "n",
                    .value = -0.0,
                    .text = "\xE2\x82\xAC"});
    sent.push_back({.kind = ObservationKind::note, .value = std::numeric_limits<double>::quiet_NaN()});
    std::size_t taken = 0;
    const auto back = decode_observations(encode_batch(5, sent, taken));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(taken, 2U);
    EXPECT_EQ(back->first_sequence, 5U);
    EXPECT_EQ(back->observations[0].time_ns, sent[0].time_ns);
    EXPECT_EQ(back->observations[0].index, sent[0].index);
    EXPECT_EQ(back->observations[0].text, sent[0].text);
    EXPECT_TRUE(std::signbit(back->observations[0].value));
    EXPECT_TRUE(std::isnan(back->observations[1].value));
}

TEST(WireMessages, a_batch_is_bounded_and_the_rest_is_left_for_the_next) {
    const std::vector<Observation> many(max_batch_observations + 5);
    std::size_t taken = 0;
    (void)encode_batch(2, many, taken);
    EXPECT_EQ(taken, max_batch_observations);
    const std::vector<Observation> long_ones(50, {.text = std::string(max_observation_text_bytes * 2, 'x')});
    taken = 0;
    const Bytes payload = encode_batch(2, long_ones, taken);
    EXPECT_LE(payload.size(), max_control_bytes);
    EXPECT_GE(taken, 1U);
    const auto back = decode_observations(payload);
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->observations.at(0).text.size(), max_observation_text_bytes);
}

TEST(WireMessages, text_that_is_not_utf8_is_repaired_by_the_sender_and_refused_by_the_receiver) {
    std::size_t taken = 0;
    Bytes payload = encode_batch(2, std::vector<Observation>{{.text = "a\xFFz"}}, taken);
    EXPECT_EQ(decode_observations(payload)->observations.at(0).text, "a\xEF\xBF\xBDz");
    payload.back() = std::byte{0xFF};
    EXPECT_EQ(code_of(decode_observations(payload)), "WIRE_MESSAGE");
}

TEST(WireMessages, a_batch_that_is_cut_or_longer_than_it_says_is_refused) {
    std::size_t taken = 0;
    Bytes payload = encode_batch(2, std::vector<Observation>(3, {.name = "n", .text = "text"}), taken);
    for (std::size_t size = 0; size < payload.size(); ++size) {
        EXPECT_EQ(code_of(decode_observations(View(payload).first(size))), "WIRE_MESSAGE") << size;
    }
    payload.push_back(std::byte{0});
    EXPECT_EQ(code_of(decode_observations(payload)), "WIRE_MESSAGE");
    Bytes none(12, std::byte{0});
    EXPECT_EQ(code_of(decode_observations(none)), "WIRE_MESSAGE");
}

TEST(WireMessages, json_with_unknown_missing_or_wrong_keys_is_refused_with_the_key) {
    const std::string id(64, 'a');
    const auto decode = [](const std::string& text) { return decode_cancel(as_bytes(text)); };
    EXPECT_TRUE(decode(R"({"trial":")" + id + R"(","attempt":1})").ok());
    EXPECT_EQ(code_of(decode(R"({"trial":")" + id + R"(","attempt":1,"path":"/etc/passwd"})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode(R"({"trial":")" + id + R"("})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode(R"({"trial":"../../x","attempt":1})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode(R"({"trial":")" + id + R"(","attempt":0})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode(R"({"trial":")" + id + R"(","attempt":-1})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode(R"({"trial":")" + id + R"(","attempt":18446744073709551615})")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode("[1]")), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(decode("{")), "WIRE_MESSAGE");
    EXPECT_EQ(decode(R"({"trial":")" + id + R"("})").error().where, "cancel.attempt");
}

TEST(WireMessages, json_that_nests_too_deep_is_refused_before_it_is_parsed) {
    const std::string deep = R"({"trial":)" + std::string(500'000, '[');
    const auto refused = decode_cancel(as_bytes(deep));
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("nested"), std::string::npos);
    EXPECT_TRUE(decode_log(as_bytes(R"({"sequence":2,"text":"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})")).ok());
}

TEST(WireMessages, a_report_that_names_a_metric_twice_is_refused) {
    Report report;
    report.metrics.resize(2);
    report.metrics[0].name = report.metrics[1].name = "ttft_ms";
    EXPECT_EQ(code_of(decode_done(encode(Done{key, 1, report}))), "WIRE_MESSAGE");
}

TEST(WireMessages, an_artefacts_name_cannot_be_a_path) {
    for (const char* name : {"", "../x", "a/b", "/etc/passwd", ".hidden", "a\\b", "a b", "a\nb"}) {
        EXPECT_FALSE(is_artefact_name(name)) << name;
        const ArtefactPart part{2, 1, 0, name, "text/plain", as_bytes("x")};
        EXPECT_EQ(code_of(decode_artefact(encode(part))), "WIRE_MESSAGE") << name;
    }
    EXPECT_TRUE(is_artefact_name("logits.safetensors"));
}

TEST(WireParts, a_document_larger_than_a_frame_comes_back_whole) {
    Bytes document(3 * max_control_bytes + 7);
    for (std::size_t i = 0; i < document.size(); ++i) {
        document[i] = static_cast<std::byte>(i * 31);
    }
    PartAssembler assembler(max_document_bytes);
    int parts = 0;
    bool whole = false;
    ASSERT_TRUE(cut_document(document, [&](View payload) -> Result<void> {
                    EXPECT_LE(payload.size(), max_control_bytes);
                    EXPECT_FALSE(whole);
                    ++parts;
                    whole = TANDEM_TRY(add_document_part(assembler, payload));
                    return {};
                }).ok());
    EXPECT_EQ(parts, 4);
    EXPECT_TRUE(whole);
    EXPECT_EQ(assembler.take(), document);
    EXPECT_FALSE(assembler.open());
}

TEST(WireParts, totals_and_offsets_that_do_not_fit_are_refused) {
    const Bytes chunk(4);
    EXPECT_EQ(PartAssembler(8).add(9, 0, chunk).error().code, "WIRE_LENGTH");
    EXPECT_EQ(code_of(PartAssembler(8).add(8, 4, chunk)), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(PartAssembler(8).add(3, 0, chunk)), "WIRE_MESSAGE");
    EXPECT_EQ(code_of(PartAssembler(8).add(8, 0, {})), "WIRE_MESSAGE");
    PartAssembler changing(8);
    ASSERT_TRUE(changing.add(8, 0, chunk).ok());
    EXPECT_EQ(code_of(changing.add(7, 4, Bytes(3))), "WIRE_MESSAGE");
    const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(code_of(PartAssembler(8).add(8, most, chunk)), "WIRE_MESSAGE");
}

TEST(WireParts, a_document_beyond_the_limit_is_not_sent) {
    const auto refused = cut_document(Bytes(max_document_bytes + 1), [](View) { return Result<void>(); });
    EXPECT_EQ(code_of(refused), "WIRE_LENGTH");
}

TEST(WireText, utf8_is_judged_and_repaired) {
    for (const char* good : {"", "a", "\xC3\xA4", "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
        EXPECT_EQ(repaired_utf8(good), good);
    }
    for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8", "\xC3"}) {
        EXPECT_FALSE(is_utf8(bad));
        EXPECT_TRUE(is_utf8(repaired_utf8(bad)));
    }
    EXPECT_EQ(utf8_prefix("a\xE2\x82\xAC", 3), "a");
    EXPECT_EQ(utf8_prefix("abc", 3), "abc");
}

}  // namespace
}  // namespace tandem::wire
