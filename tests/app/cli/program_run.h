// Runs the real `tandem` in a home of its own and keeps what it said. Thread rule: one thread at a time.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/app/library/library_fixture.h"

namespace tandem::test {

struct Said {
    int code = -1;  // 128 + signal where a signal ended it
    std::string out, err;
};

class Program {
public:
    Program();
    Said run(const std::vector<std::string>& arguments);

    // Starts it; end() waits and gives what it said.
    void start(const std::vector<std::string>& arguments);
    void signal(int number) const;
    // Waits until the file has so many lines; false after ten seconds.
    bool wait_for_lines(const std::filesystem::path& file, int lines) const;
    Said end();

    const TemporaryFolder& folder() const { return folder_; }
    std::filesystem::path database() const { return folder_ / "results.db"; }
    std::map<std::string, std::string> environment;  // on top of the test's own
    long file_limit = 0;                             // bytes that any file may grow to, as on a full disk; 0: none

private:
    TemporaryFolder folder_;
    pid_t process_ = -1;
};

}  // namespace tandem::test
