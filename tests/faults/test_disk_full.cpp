// A batch whose database lies on a disk that fills up: the error is named, nothing that was called durable is lost, and
// the same command goes on when there is space. In a mount namespace of a child process.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/db/own_mounts.h"
#include "tests/faults/batch.h"

namespace tandem::db_test {
namespace {

std::string text_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// 0, or the number of the step that went wrong, told on stderr.
int fill_and_resume(const TemporaryFolder& folder, const char* size) {
    constexpr int trials = 100;
    const std::string disk = folder / "disk";
    std::filesystem::create_directory(disk);
    if (mount("tandem", disk.c_str(), "tmpfs", 0, size) != 0) {
        return no_namespace;
    }
    const BatchOptions options{.database = std::filesystem::path(disk) / "results.db",
                               .scratch = folder / "scratch",
                               .errors = folder / "errors",
                               .trials = trials,
                               .limit = trials};
    const auto wrong = [&](int step, const std::string& what) {
        std::fprintf(stderr, "step %d: %s; %s\n", step, what.c_str(), text_of(options.errors).c_str());
        return step;
    };
    Acknowledged durable;
    // The second time the disk is full from the beginning.
    for (int time = 0; time < 2; ++time) {
        Journal journal;
        Batch batch(options);
        if (const int code = batch.wait_end(journal); code != 2) {
            return wrong(1, "exit code " + std::to_string(code));
        }
        const std::string told = text_of(options.errors);
        if (told.find("DB_FULL") == std::string::npos || told.find("free some space") == std::string::npos ||
            told.find("results.db") == std::string::npos) {
            return wrong(2, "the error is not named");
        }
        durable.insert(journal.durable.begin(), journal.durable.end());
    }
    if (durable.empty()) {
        return wrong(3, "nothing was stored before the disk was full");
    }
    if (mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT, "size=64m") != 0) {
        return no_namespace;
    }
    if (const std::string loss = find_loss(options.database, durable); !loss.empty()) {
        return wrong(4, loss);
    }
    Journal journal;
    Batch batch(options);
    if (const int code = batch.wait_end(journal); code != 0) {
        return wrong(5, "exit code " + std::to_string(code));
    }
    if (const std::string loss = find_loss(options.database, durable) + find_loss(options.database, journal.durable) +
                                 find_fault(options.database);
        !loss.empty()) {
        return wrong(6, loss);
    }
    const bool finished =
        query_integer(options.database, "SELECT count(*) FROM trials WHERE done_attempt IS NOT NULL") == trials &&
        query_integer(options.database, "SELECT count(*) FROM attempts WHERE state = 'running'") == 0;
    std::printf("%s: %zu attempts were durable when it was full\n", size, durable.size());
    std::fflush(stdout);
    return finished ? 0 : wrong(7, "not every trial is done");
}

class DiskFull : public testing::TestWithParam<const char*> {};

TEST_P(DiskFull, a_run_names_it_loses_nothing_and_goes_on_when_there_is_space) {
    TemporaryFolder folder;
    const int result = with_own_mounts([&] { return fill_and_resume(folder, GetParam()); });
    if (result == no_namespace) {
        GTEST_SKIP() << "mounting a small disk needs root and mount namespaces";
    }
    EXPECT_EQ(result, 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, DiskFull, testing::Values("size=512k", "size=1m", "size=3m"));

}  // namespace
}  // namespace tandem::db_test
