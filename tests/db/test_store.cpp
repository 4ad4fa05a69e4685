#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "db/store/run_lock.h"
#include "tests/db/store_fixture.h"

namespace tandem::db_test {
namespace {

class StoreTest : public testing::Test {
protected:
    TemporaryFolder folder_;
    std::filesystem::path path_ = folder_ / "results.db";
    std::int64_t count(const std::string& what) { return query_integer(path_, "SELECT count(*) FROM " + what); }
};

void submit_all(Store& store, std::vector<TrialEvent> events) {
    for (TrialEvent& event : events) {
        const auto submitted = store.submit(std::move(event));
        ASSERT_TRUE(submitted.ok()) << submitted.error().to_string();
    }
    const auto flushed = store.flush();
    ASSERT_TRUE(flushed.ok()) << flushed.error().to_string();
}

TEST_F(StoreTest, records_the_same_plan_once) {
    auto store = store_with_plan(path_, 3);
    const auto first = store->record_plan(example_spec(), example_plan(3));
    const auto again = store->record_plan(example_spec(), example_plan(3));
    ASSERT_TRUE(first.ok() && again.ok());
    EXPECT_EQ(*first, *again);
    EXPECT_EQ(count("experiments"), 1);
    EXPECT_EQ(count("trials"), 3);
    EXPECT_EQ(count("experiment_trials"), 3);
    EXPECT_EQ(query_text(path_, "SELECT seed FROM trials LIMIT 1"), "18446744073709551615");
}

TEST_F(StoreTest, an_edited_experiment_shares_the_trials_it_still_means) {
    auto store = store_with_plan(path_, 3);
    ExperimentSpec edited = example_spec();
    edited.resolved_yaml += "description: other\n";
    ASSERT_TRUE(store->record_plan(edited, example_plan(4)).ok());
    EXPECT_EQ(count("experiments"), 2);
    EXPECT_EQ(count("trials"), 4);
}

TEST_F(StoreTest, a_finished_attempt_is_stored_with_its_observations_metrics_and_facts) {
    auto store = store_with_plan(path_, 1);
    const std::string trial = trial_id(0);
    submit_all(*store, {started(trial, 1), token(trial, 1, 2), token(trial, 1, 3), done(trial, 1, 4)});
    EXPECT_EQ(count("observations"), 2);
    EXPECT_EQ(count("metrics WHERE name = 'ttft_ms' AND mean = 12.5 AND p90 IS NULL AND samples = '[12.0,13.0]'"), 1);
    EXPECT_EQ(count("metrics WHERE name = 'energy_joules' AND n = 0 AND mean IS NULL"), 1);
    EXPECT_EQ(count("facts"), 2);
    EXPECT_EQ(query_text(path_, "SELECT cpu FROM environments"), "Example 3000");
    EXPECT_EQ(query_text(path_, "SELECT state || ttft_ms FROM v_results"), "done12.5");
}

TEST_F(StoreTest, history_tells_state_attempts_and_the_last_failure) {
    auto store = store_with_plan(path_, 3);
    submit_all(*store, {started(trial_id(0), 1), failed(trial_id(0), 1, 2), started(trial_id(0), 2),
                        done(trial_id(0), 2, 2), started(trial_id(1), 1), failed(trial_id(1), 1, 2)});
    const auto history = store->history();
    ASSERT_TRUE(history.ok());
    EXPECT_EQ(history->at(trial_id(0)).state, TrialState::done);
    EXPECT_EQ(history->at(trial_id(0)).attempts, 2);
    EXPECT_EQ(history->at(trial_id(0)).wall_ms, 1.0);
    EXPECT_EQ(history->at(trial_id(1)).state, TrialState::failed);
    EXPECT_EQ(history->at(trial_id(1)).error_code, "WORKER_KILLED");
    EXPECT_EQ(history->at(trial_id(2)).state, TrialState::queued);
}

TEST_F(StoreTest, marks_follow_the_longest_run_without_a_gap) {
    auto store = store_with_plan(path_, 1);
    std::vector<std::uint64_t> marks;
    store->on_durable([&](const std::vector<DurableMark>& durable) { marks.push_back(durable.at(0).sequence); });
    const std::string trial = trial_id(0);
    submit_all(*store, {started(trial, 1), token(trial, 1, 2)});
    submit_all(*store, {token(trial, 1, 5), token(trial, 1, 4)});
    submit_all(*store, {token(trial, 1, 3)});
    EXPECT_EQ(marks, (std::vector<std::uint64_t>{2, 2, 5}));
}

TEST_F(StoreTest, a_repeated_delivery_changes_nothing_and_is_acknowledged_again) {
    const std::string trial = trial_id(0);
    {
        auto store = store_with_plan(path_, 1);
        submit_all(*store, {started(trial, 1), token(trial, 1, 2), log_line(trial, 1, 3, "hello"), token(trial, 1, 4)});
        submit_all(*store, {token(trial, 1, 2), log_line(trial, 1, 3, "hello")});
    }
    auto store = store_with_plan(path_, 1);  // another process would see the same
    std::uint64_t mark = 0;
    store->on_durable([&](const std::vector<DurableMark>& durable) { mark = durable.at(0).sequence; });
    submit_all(*store, {started(trial, 1), token(trial, 1, 2), log_line(trial, 1, 3, "hello")});
    EXPECT_EQ(mark, 4U);
    EXPECT_EQ(count("observations"), 2);
    EXPECT_EQ(count("conflicts"), 0);
}

TEST_F(StoreTest, a_contradicting_delivery_is_kept_beside_the_first) {
    auto store = store_with_plan(path_, 1);
    const std::string trial = trial_id(0);
    submit_all(*store, {started(trial, 1), token(trial, 1, 2, "first"), log_line(trial, 1, 3, "line")});
    submit_all(*store, {token(trial, 1, 2, "second"), token(trial, 1, 2, "second"), token(trial, 1, 3, "not a line")});
    EXPECT_EQ(query_text(path_, "SELECT text FROM observations"), "first");
    EXPECT_EQ(count("conflicts"), 2);
    EXPECT_EQ(query_text(path_, "SELECT json_extract(payload, '$.text') FROM conflicts WHERE sequence = 2"), "second");
}

TEST_F(StoreTest, a_long_log_keeps_head_and_tail) {
    auto store = store_with_plan(path_, 1);
    const std::string trial = trial_id(0);
    std::vector<TrialEvent> events{started(trial, 1)};
    for (std::uint64_t sequence = 2; sequence < 2002; ++sequence) {
        events.push_back(log_line(trial, 1, sequence, std::to_string(sequence) + std::string(1000, '.')));
    }
    submit_all(*store, std::move(events));
    EXPECT_LE(query_integer(path_, "SELECT sum(length(text)) FROM events"), 1024 * 1024);
    EXPECT_GE(query_integer(path_, "SELECT sum(length(text)) FROM events"), 1000 * 1024);
    EXPECT_EQ(count("events WHERE kind = 'log'"), 2000);
    EXPECT_EQ(count("events WHERE sequence IN (2, 2001) AND text IS NOT NULL"), 2);
    EXPECT_EQ(count("events WHERE sequence = 1000 AND text IS NULL"), 1);
}

TEST_F(StoreTest, an_interrupted_attempt_is_failed_by_the_next_run) {
    {
        auto store = store_with_plan(path_, 1);
        submit_all(*store, {started(trial_id(0), 1), token(trial_id(0), 1, 2)});
    }
    auto store = store_with_plan(path_, 1);
    const auto closed = store->close_abandoned_attempts();
    ASSERT_TRUE(closed.ok()) << closed.error().to_string();
    EXPECT_EQ(*closed, 1);
    EXPECT_EQ(store->history()->at(trial_id(0)).error_code, "INTERRUPTED");
    EXPECT_EQ(count("observations"), 1);
}

TEST_F(StoreTest, asking_whether_somebody_runs_never_refuses_who_begins_to_run) {
    std::atomic<bool> over = false;
    std::thread asking([&] {
        while (!over) {
            (void)db::RunLock::held(path_);
        }
    });
    int refused = 0;
    for (int number = 0; number < 3000; ++number) {
        refused += db::RunLock::acquire(path_).ok() ? 0 : 1;
    }
    over = true;
    asking.join();
    EXPECT_EQ(refused, 0);
    const auto lock = db::RunLock::acquire(path_);
    EXPECT_TRUE(db::RunLock::held(path_));
}

TEST_F(StoreTest, long_texts_wait_in_bounded_memory_too) {
    constexpr std::size_t text_bytes = 256 * 1024;
    constexpr std::uint64_t most = 2000;
    auto store = store_with_plan(path_, 1, StoreOptions{.batch_interval_ms = 0, .busy_timeout_ms = 1500});
    auto other = db::Connection::open(path_, db::OpenMode::read_write, 0);
    ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());
    ASSERT_TRUE(store->submit(started(trial_id(0), 1)).ok());
    std::uint64_t sequence = 2;
    while (sequence < most && store->submit(token(trial_id(0), 1, sequence, std::string(text_bytes, 'x'))).ok()) {
        ++sequence;
    }
    // One batch at the writer and one in the queue, of 64 MiB each.
    EXPECT_LE(sequence, 2 * (64U << 20) / text_bytes + 3);
    EXPECT_EQ(store->flush().error().code, "DB_LOCKED");
}

TEST_F(StoreTest, a_second_runner_is_refused_while_the_first_lives) {
    auto first = store_with_plan(path_, 1);
    ASSERT_TRUE(first->close_abandoned_attempts().ok());
    submit_all(*first, {started(trial_id(0), 1)});
    auto second = store_with_plan(path_, 1);
    const auto refused = second->close_abandoned_attempts();
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, "DB_LOCKED");
    EXPECT_NE(refused.error().message.find("process " + std::to_string(getpid())), std::string::npos);
    EXPECT_EQ(query_text(path_, "SELECT state FROM attempts"), "running");
    first.reset();
    EXPECT_TRUE(second->close_abandoned_attempts().ok());
}

TEST_F(StoreTest, an_event_of_an_unplanned_trial_stops_the_store) {
    auto store = store_with_plan(path_, 1);
    ASSERT_TRUE(store->submit(started(trial_id(99), 1)).ok());
    EXPECT_EQ(store->flush().error().code, "DB_INTEGRITY");
    EXPECT_EQ(store->submit(started(trial_id(0), 1)).error().code, "DB_INTEGRITY");
    EXPECT_EQ(store->history().error().code, "DB_INTEGRITY");
}

TEST_F(StoreTest, a_large_artefact_is_kept_in_pieces) {
    auto store = store_with_plan(path_, 1);
    TrialEvent event = started(trial_id(0), 1, 2);
    event.body = ArtefactProduced{"logits.safetensors", "application/octet-stream",
                                  std::vector<std::byte>(20 * 1024 * 1024, std::byte{42})};
    submit_all(*store, {started(trial_id(0), 1), event});
    EXPECT_EQ(count("artefact_chunks"), 2);
    EXPECT_EQ(query_integer(path_, "SELECT sum(length(bytes)) FROM artefact_chunks"), 20 * 1024 * 1024);
}

TEST_F(StoreTest, many_threads_may_submit_through_a_small_queue) {
    auto store =
        store_with_plan(path_, 4, StoreOptions{.batch_interval_ms = 1, .batch_events = 16, .queue_events = 32});
    Acknowledged acknowledged;
    store->on_durable([&](const std::vector<DurableMark>& durable) {
        for (const DurableMark& mark : durable) {
            acknowledged[{mark.trial_id, mark.attempt}] = mark.sequence;
        }
    });
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
        threads.emplace_back([&, number] {
            EXPECT_TRUE(store->submit(started(trial_id(number), 1)).ok());
            for (std::uint64_t sequence = 2; sequence <= 1000; ++sequence) {
                EXPECT_TRUE(store->submit(token(trial_id(number), 1, sequence, token_text(sequence))).ok());
            }
            EXPECT_TRUE(store->flush().ok());
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(acknowledged.at({trial_id(3), 1}), 1000U);
    EXPECT_EQ(find_violation(path_, acknowledged), "");
}

}  // namespace
}  // namespace tandem::db_test
