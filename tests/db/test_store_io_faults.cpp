// The disk fails at each call in turn. Whatever happens: no crash, nothing acknowledged is lost, nothing is
// acknowledged after a failed fsync, and the database is whole when the disk works again.
#include <gtest/gtest.h>

#include "tests/db/fault_vfs.h"
#include "tests/db/store_fixture.h"
#include "tests/support/sanitized.h"

namespace tandem::db_test {
namespace {

struct Outcome {
    Acknowledged acknowledged;
    std::string error_code;  // of the first failure
    bool acknowledged_after_failed_sync = false;
};

// A short life of a store: plan, three batches, several checkpoints.
Outcome live(const std::filesystem::path& path) {
    Outcome outcome;
    auto opened = Store::open(path, StoreOptions{.batch_interval_ms = 0, .checkpoint_pages = 8});
    if (!opened) {
        outcome.error_code = opened.error().code;
        return outcome;
    }
    Store& store = **opened;
    store.on_durable([&](const std::vector<DurableMark>& marks) {
        outcome.acknowledged_after_failed_sync |= sync_has_failed();
        for (const DurableMark& mark : marks) {
            outcome.acknowledged[{mark.trial_id, mark.attempt}] = mark.sequence;
        }
    });
    const auto note = [&](const auto& result) {
        if (!result.ok() && outcome.error_code.empty()) {
            outcome.error_code = result.error().code;
        }
        return result.ok();
    };
    if (!note(store.record_plan(example_spec(), example_plan(3)))) {
        return outcome;
    }
    for (int number = 0; number < 3; ++number) {
        const std::string trial = trial_id(number);
        note(store.submit(started(trial, 1)));
        for (std::uint64_t sequence = 2; sequence <= 40; ++sequence) {
            note(store.submit(token(trial, 1, sequence, token_text(sequence))));
        }
        note(store.flush());
        note(store.submit(done(trial, 1, 41)));
        note(store.flush());
    }
    return outcome;
}

class IoFaults : public testing::TestWithParam<std::tuple<FaultMode, FaultKind>> {
protected:
    void SetUp() override { install_fault_vfs(); }
    void TearDown() override { set_fault(FaultMode::none); }
};

TEST_P(IoFaults, at_every_call_lose_nothing_that_was_acknowledged) {
    const auto [mode, kind] = GetParam();
    // Under a sanitizer each mode and kind takes its own part of the calls.
    const std::int64_t step = test::sanitized ? 4 : 1;
    int refused = 0;
    std::int64_t nth = 1 + (2 * (mode == FaultMode::once) + (kind == FaultKind::io_error)) % step;
    for (bool struck = true; struck; nth += step) {
        TemporaryFolder folder;
        const auto path = folder / "results.db";
        set_fault(mode, nth, kind);
        const Outcome outcome = live(path);
        struck = fault_has_struck();
        set_fault(FaultMode::none);
        ASSERT_FALSE(outcome.acknowledged_after_failed_sync) << "call " << nth;
        refused += outcome.error_code.empty() ? 0 : 1;
        if (!outcome.error_code.empty()) {
            ASSERT_EQ(outcome.error_code.substr(0, 3), "DB_") << "call " << nth;
        } else {
            ASSERT_EQ(outcome.acknowledged.size(), 3U) << "call " << nth;
        }
        // The disk works again: the database opens, is whole, and takes what is missing.
        auto again = Store::open(path);
        ASSERT_TRUE(again.ok()) << "call " << nth << ": " << again.error().to_string();
        again->reset();
        ASSERT_EQ(find_violation(path, outcome.acknowledged), "") << "call " << nth;
        const Outcome repeated = live(path);
        ASSERT_EQ(repeated.error_code, "") << "call " << nth;
        ASSERT_EQ(find_violation(path, repeated.acknowledged), "") << "call " << nth;
        ASSERT_EQ(query_integer(path, "SELECT count(*) FROM conflicts"), 0) << "call " << nth;
    }
    EXPECT_GT(nth, 100);
    EXPECT_GT(refused * step, 20);
}

INSTANTIATE_TEST_SUITE_P(Disk, IoFaults,
                         testing::Combine(testing::Values(FaultMode::once, FaultMode::persistent),
                                          testing::Values(FaultKind::io_error, FaultKind::disk_full)));

TEST(IoFault, a_failed_sync_is_told_and_nothing_is_accepted_after_it) {
    install_fault_vfs();
    TemporaryFolder folder;
    auto store = store_with_plan(folder / "results.db", 1);
    set_fault(FaultMode::persistent, 1, FaultKind::disk_full);
    ASSERT_TRUE(store->submit(started(trial_id(0), 1)).ok());
    const auto flushed = store->flush();
    set_fault(FaultMode::none);
    ASSERT_FALSE(flushed.ok());
    EXPECT_EQ(flushed.error().code, "DB_FULL");
    EXPECT_NE(flushed.error().message.find("free some space"), std::string::npos);
    EXPECT_EQ(store->submit(token(trial_id(0), 1, 2)).error().code, "DB_FULL");
    EXPECT_EQ(store->flush().error().code, "DB_FULL");
}

}  // namespace
}  // namespace tandem::db_test
