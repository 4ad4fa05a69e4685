// Both state machines against each other and against peers that break the rules; no sockets.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <deque>

#include "experiments/wire/controller_session.h"
#include "experiments/wire/worker_session.h"

namespace tandem::wire {
namespace {

constexpr std::uint64_t session_number = 77;
const AttemptKey key{std::string(64, 'b'), 1};
const AttemptKey other_key{std::string(64, 'c'), 1};

std::string code_of(const auto& result) {
    return result.ok() ? "ok" : result.error().code;
}

// A worker and a controller with a wire between them.
class WireSession : public testing::Test {
protected:
    void greet() {
        ASSERT_TRUE(worker_.hello({.version = "1"}).ok());
        ASSERT_EQ(to_controller().size(), 1U);
    }
    void start(const AttemptKey& attempt = key) {
        ASSERT_TRUE(controller_.start({attempt, {}}).ok());
        const auto messages = to_worker();
        ASSERT_EQ(messages.size(), 1U);
        ASSERT_TRUE(std::holds_alternative<Start>(messages[0]));
    }
    std::vector<FromWorker> to_controller() {
        controller_.receive(worker_.take_output());
        return drain<FromWorker>(controller_);
    }
    std::vector<ToWorker> to_worker() {
        worker_.receive(controller_.take_output());
        return drain<ToWorker>(worker_);
    }
    template <class Message>
    std::vector<Message> drain(auto& side) {
        std::vector<Message> messages;
        while (true) {
            auto next = side.next();
            if (!next.ok()) {
                refusal_ = next.error().code;
                return messages;
            }
            if (!*next) {
                return messages;
            }
            messages.push_back(std::move(**next));
        }
    }
    // A frame from a peer that keeps no rules but the framing.
    void forge_to_controller(FrameType type, const Bytes& payload) {
        Bytes bytes;
        ASSERT_TRUE(forger_.encode(type, payload, bytes).ok());
        controller_.receive(bytes);
        drain<FromWorker>(controller_);
    }
    void forge_to_worker(FrameType type, const Bytes& payload) {
        Bytes bytes;
        ASSERT_TRUE(forger_.encode(type, payload, bytes).ok());
        worker_.receive(bytes);
        drain<ToWorker>(worker_);
    }
    static Bytes document(const Bytes& text) {
        Bytes payload;
        (void)cut_document(text, [&](View part) -> Result<void> {
            payload.assign(part.begin(), part.end());
            return {};
        });
        return payload;
    }
    static Bytes batch(std::uint64_t first, std::size_t count = 1) {
        std::size_t taken = 0;
        return encode_batch(first, std::vector<Observation>(count), taken);
    }
    void forge_running_controller() {
        forge_to_controller(FrameType::hello, encode(Hello{.version = "1"}));
        ASSERT_TRUE(controller_.start({key, {}}).ok());
    }

    WorkerSession worker_{session_number};
    ControllerSession controller_;
    FrameEncoder forger_{session_number};
    std::string refusal_;
};

TEST_F(WireSession, a_whole_trial_passes) {
    greet();
    start();
    ASSERT_TRUE(worker_.observations(std::vector<Observation>(3)).ok());
    ASSERT_TRUE(worker_.log("line").ok());
    ASSERT_TRUE(worker_.begin_artefact("a.bin", "x/y", 5).ok());
    ASSERT_TRUE(worker_.artefact_chunk(as_bytes("ab")).ok());
    ASSERT_TRUE(worker_.artefact_chunk(as_bytes("cde")).ok());
    ASSERT_TRUE(worker_.begin_artefact("empty", "x/y", 0).ok());
    ASSERT_TRUE(worker_.progress({.fraction = 0.5, .what = "half"}).ok());
    ASSERT_TRUE(worker_.done({}).ok());
    const auto messages = to_controller();
    ASSERT_EQ(messages.size(), 6U) << refusal_;
    EXPECT_EQ(std::get<ObservationBatch>(messages[0]).first_sequence, 2U);
    EXPECT_EQ(std::get<LogMessage>(messages[1]).sequence, 5U);
    EXPECT_EQ(as_text(std::get<Artefact>(messages[2]).bytes), "abcde");
    EXPECT_EQ(std::get<Artefact>(messages[3]).sequence, 7U);
    EXPECT_EQ(std::get<Done>(messages[5]).last_sequence, 7U);
    EXPECT_TRUE(controller_.idle());
    EXPECT_FALSE(controller_.settled());
    controller_.acknowledge(key, 100);
    EXPECT_TRUE(controller_.settled());
    ASSERT_EQ(to_worker().size(), 1U);
    EXPECT_EQ(worker_.unacknowledged_events(), 0U);
}

TEST_F(WireSession, what_is_not_acknowledged_is_kept_and_closes_the_window) {
    WorkerSession small(session_number, {.events = 10, .bytes = 1 << 20});
    std::swap(worker_, small);
    greet();
    start();
    ASSERT_TRUE(worker_.observations(std::vector<Observation>(6)).ok());
    EXPECT_TRUE(worker_.window_open());
    ASSERT_TRUE(worker_.observations(std::vector<Observation>(6)).ok());
    EXPECT_FALSE(worker_.window_open());
    to_controller();
    controller_.acknowledge(key, 8);  // in the middle of the second batch
    to_worker();
    EXPECT_EQ(worker_.unacknowledged_events(), 6U);
    EXPECT_TRUE(worker_.window_open());
    controller_.acknowledge(key, 13);
    to_worker();
    EXPECT_EQ(worker_.unacknowledged_events(), 0U);
}

TEST_F(WireSession, acknowledgements_of_an_earlier_attempt_may_come_during_the_next) {
    greet();
    start();
    ASSERT_TRUE(worker_.log("first").ok());
    ASSERT_TRUE(worker_.done({}).ok());
    to_controller();
    start(other_key);
    ASSERT_TRUE(worker_.log("second").ok());
    to_controller();
    controller_.acknowledge(key, 2);
    controller_.acknowledge(other_key, 1);  // the controller's own "started": nothing to say
    EXPECT_EQ(to_worker().size(), 1U);
    EXPECT_EQ(refusal_, "");
    EXPECT_EQ(worker_.unacknowledged_events(), 1U);
}

TEST_F(WireSession, cancel_reaches_a_running_attempt_and_crosses_with_its_end_unharmed) {
    greet();
    start();
    controller_.cancel();
    controller_.cancel();
    EXPECT_EQ(to_worker().size(), 1U);
    ASSERT_TRUE(worker_.failed({.code = "CANCELLED", .kind = ErrorKind::cancelled}).ok());
    to_controller();
    start(other_key);
    controller_.cancel();
    ASSERT_TRUE(worker_.done({}).ok());  // before the cancel arrives
    EXPECT_TRUE(to_worker().empty());
    EXPECT_EQ(refusal_, "");
}

TEST_F(WireSession, shutdown_lets_the_running_attempt_end) {
    greet();
    start();
    controller_.shutdown();
    EXPECT_EQ(to_worker().size(), 1U);
    ASSERT_TRUE(worker_.log("still").ok());
    to_controller();
    controller_.acknowledge(key, 2);
    to_worker();
    ASSERT_TRUE(worker_.done({}).ok());
    EXPECT_EQ(to_controller().size(), 1U);
    EXPECT_EQ(code_of(controller_.start({other_key, {}})), "WIRE_STATE");
    EXPECT_EQ(refusal_, "");
}

TEST_F(WireSession, a_job_longer_than_a_frame_is_started) {
    greet();
    Job job;
    job.workload = GenerateWorkload{.prompts = {std::string(3'000'000, 'p')}, .system = {}, .generation = {}};
    ASSERT_TRUE(controller_.start({key, job}).ok());
    const auto messages = to_worker();
    ASSERT_EQ(messages.size(), 1U) << refusal_;
    EXPECT_EQ(std::get<GenerateWorkload>(std::get<Start>(messages[0]).job.workload).prompts[0].size(), 3'000'000U);
}

TEST_F(WireSession, a_job_too_long_to_send_leaves_the_session_idle) {
    greet();
    Job job;
    job.workload = GenerateWorkload{.prompts = {std::string(max_document_bytes, 'p')}, .system = {}, .generation = {}};
    EXPECT_EQ(code_of(controller_.start({key, job})), "WIRE_LENGTH");
    EXPECT_TRUE(controller_.idle());
    start();
}

TEST_F(WireSession, a_report_too_long_to_send_can_still_end_as_a_failure) {
    greet();
    start();
    Report report;
    report.facts.push_back({"x", std::string(max_document_bytes, 'x')});
    EXPECT_EQ(code_of(worker_.done(report)), "WIRE_LENGTH");
    ASSERT_TRUE(worker_.failed({.code = "REPORT_TOO_LARGE"}).ok());
    EXPECT_EQ(to_controller().size(), 1U);
}

TEST_F(WireSession, a_controller_hears_nothing_before_hello) {
    forge_to_controller(FrameType::log, encode(LogMessage{2, "x"}));
    EXPECT_EQ(refusal_, "WIRE_STATE");
}

TEST_F(WireSession, a_controller_refuses_a_second_hello_and_its_own_messages) {
    forge_running_controller();
    forge_to_controller(FrameType::hello, encode(Hello{.version = "1"}));
    EXPECT_EQ(refusal_, "WIRE_STATE");
    EXPECT_EQ(code_of(controller_.next()), "WIRE_STATE") << "and stays so";
}

TEST_F(WireSession, a_controller_refuses_events_where_nothing_runs) {
    forge_to_controller(FrameType::hello, encode(Hello{.version = "1"}));
    forge_to_controller(FrameType::observations, batch(2));
    EXPECT_EQ(refusal_, "WIRE_STATE");
}

TEST_F(WireSession, a_controller_refuses_gaps_and_repetitions_of_numbers) {
    for (const std::uint64_t first : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{6}}) {
        WireSession::controller_ = ControllerSession();
        forger_ = FrameEncoder(session_number);
        refusal_.clear();
        forge_running_controller();
        forge_to_controller(FrameType::observations, batch(2, 3));
        EXPECT_EQ(refusal_, "");
        forge_to_controller(FrameType::observations, batch(first));
        EXPECT_EQ(refusal_, "WIRE_SEQUENCE") << first;
    }
}

TEST_F(WireSession, a_controller_refuses_an_end_that_leaves_events_out) {
    forge_running_controller();
    forge_to_controller(FrameType::done, document(encode(Done{key, 9, {}})));
    EXPECT_EQ(refusal_, "WIRE_SEQUENCE");
}

TEST_F(WireSession, a_controller_refuses_the_end_of_another_attempt) {
    forge_running_controller();
    forge_to_controller(FrameType::done, document(encode(Done{other_key, 1, {}})));
    EXPECT_EQ(refusal_, "WIRE_STATE");
}

TEST_F(WireSession, a_controller_refuses_a_message_between_the_parts_of_one) {
    forge_running_controller();
    forge_to_controller(FrameType::artefact, encode(ArtefactPart{2, 4, 0, "a", "", as_bytes("ab")}));
    forge_to_controller(FrameType::log, encode(LogMessage{3, "x"}));
    EXPECT_EQ(refusal_, "WIRE_STATE");
}

TEST_F(WireSession, a_controller_refuses_an_artefact_beyond_the_limit_before_it_comes) {
    forge_running_controller();
    forge_to_controller(FrameType::artefact,
                        encode(ArtefactPart{2, max_artefact_bytes + 1, 0, "a", "", as_bytes("a")}));
    EXPECT_EQ(refusal_, "WIRE_LENGTH");
}

TEST_F(WireSession, a_worker_refuses_what_a_controller_may_not_say) {
    const auto fresh = [&] {
        worker_ = WorkerSession(session_number);
        forger_ = FrameEncoder(session_number);
        refusal_.clear();
    };
    const Bytes start_payload = document(encode(Start{key, {}}));

    forge_to_worker(FrameType::start, start_payload);
    EXPECT_EQ(refusal_, "WIRE_STATE") << "before hello";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::cancel, encode(Cancel{key}));
    EXPECT_EQ(refusal_, "WIRE_STATE") << "nothing ever ran";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::start, start_payload);
    EXPECT_EQ(refusal_, "");
    forge_to_worker(FrameType::start, document(encode(Start{other_key, {}})));
    EXPECT_EQ(refusal_, "WIRE_STATE") << "one at a time";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::start, start_payload);
    forge_to_worker(FrameType::acknowledge, encode(Acknowledge{key, 5}));
    EXPECT_EQ(refusal_, "WIRE_SEQUENCE") << "never sent";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::acknowledge, encode(Acknowledge{key, 2}));
    EXPECT_EQ(refusal_, "WIRE_SEQUENCE") << "never ran";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::observations, batch(2));
    EXPECT_EQ(refusal_, "WIRE_STATE") << "a worker's own message";

    fresh();
    ASSERT_TRUE(worker_.hello({}).ok());
    forge_to_worker(FrameType::shutdown, {});
    forge_to_worker(FrameType::start, start_payload);
    EXPECT_EQ(refusal_, "WIRE_STATE") << "after shutdown";
}

TEST_F(WireSession, a_worker_sends_events_only_while_an_attempt_runs) {
    EXPECT_EQ(code_of(worker_.log("x")), "WIRE_STATE");
    greet();
    EXPECT_EQ(code_of(worker_.hello({})), "WIRE_STATE");
    EXPECT_EQ(code_of(worker_.observations(std::vector<Observation>(1))), "WIRE_STATE");
    EXPECT_EQ(code_of(worker_.done({})), "WIRE_STATE");
    start();
    EXPECT_EQ(code_of(worker_.begin_artefact("../x", "", 1)), "WIRE_LENGTH");
    EXPECT_EQ(code_of(worker_.artefact_chunk(as_bytes("x"))), "WIRE_STATE");
    ASSERT_TRUE(worker_.begin_artefact("x", "", 2).ok());
    EXPECT_EQ(code_of(worker_.log("between")), "WIRE_STATE");
}

// Whatever a worker sends and however the stream is cut, the controller gets the same events in the same order.
RC_GTEST_PROP(WireSessionProperty, events_arrive_in_order_however_the_stream_is_cut,
              (const std::vector<std::uint8_t>& batches)) {
    WorkerSession worker(session_number);
    ControllerSession controller;
    RC_ASSERT(worker.hello({}).ok());
    controller.receive(worker.take_output());
    RC_ASSERT(controller.next().ok());
    RC_ASSERT(controller.start({key, {}}).ok());
    worker.receive(controller.take_output());
    RC_ASSERT(worker.next().ok());
    std::size_t sent = 0;
    for (const std::uint8_t size : batches) {
        std::vector<Observation> observations(size % 50);
        for (Observation& o : observations) {
            o.index = static_cast<std::int64_t>(sent++);
        }
        RC_ASSERT(worker.observations(observations).ok());
    }
    RC_ASSERT(worker.done({}).ok());
    const Bytes stream = worker.take_output();
    std::int64_t expected = 0;
    bool ended = false;
    for (std::size_t at = 0; at < stream.size();) {
        const auto size = std::min(stream.size() - at, *rc::gen::inRange<std::size_t>(1, 500));
        controller.receive(View(stream).subspan(at, size));
        at += size;
        for (auto next = controller.next(); next.ok() && *next; next = controller.next()) {
            if (auto* batch = std::get_if<ObservationBatch>(&**next)) {
                for (const Observation& o : batch->observations) {
                    RC_ASSERT(o.index == expected++);
                }
            }
            ended = ended || std::holds_alternative<Done>(**next);
        }
    }
    RC_ASSERT(ended);
    RC_ASSERT(expected == static_cast<std::int64_t>(sent));
}

}  // namespace
}  // namespace tandem::wire
