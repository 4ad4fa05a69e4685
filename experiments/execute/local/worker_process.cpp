#include "experiments/execute/local/worker_process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <sstream>
#include <thread>

#include "engine/api/utf8.h"
#include "experiments/execute/machine.h"

namespace tandem {
namespace {

constexpr std::size_t share_of_a_turn = 1u << 20;
constexpr std::int64_t tail_bytes = 16 * 1024;
constexpr std::size_t tail_lines = 40;
constexpr std::int64_t most_log_bytes = 64 << 20;
constexpr auto patience = std::chrono::milliseconds(500);  // between a closed socket and the end of its process

}  // namespace

WorkerProcess::WorkerProcess(Child child, Descriptor log, std::filesystem::path log_path)
    : child_(std::move(child)),
      log_(std::move(log)),
      log_path_(std::move(log_path)),
      oom_kills_at_start_(count_oom_kills()) {}

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::start(const std::filesystem::path& program,
                                                            std::filesystem::path log_path) {
    Descriptor log = TANDEM_TRY(create_log(log_path));
    auto child = spawn_worker(program, log);
    if (!child) {
        std::error_code ignored;
        std::filesystem::remove(log_path, ignored);
        return child.error();
    }
    return std::unique_ptr<WorkerProcess>(new WorkerProcess(std::move(*child), std::move(log), std::move(log_path)));
}

WorkerProcess::~WorkerProcess() {
    kill();
    wait_end();
    std::error_code ignored;
    std::filesystem::remove(log_path_, ignored);
}

bool WorkerProcess::read() {
    std::array<std::byte, 65536> buffer;
    for (std::size_t taken = 0; taken < share_of_a_turn;) {
        const ssize_t count = recv(socket(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0) {
            session_.receive(std::span(buffer).first(static_cast<std::size_t>(count)));
            taken += static_cast<std::size_t>(count);
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else {
            return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        }
    }
    return true;
}

void WorkerProcess::write() {
    const wire::Bytes more = session_.take_output();
    output_.insert(output_.end(), more.begin(), more.end());
    while (wants_write()) {
        const ssize_t count =
            send(socket(), output_.data() + written_, output_.size() - written_, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return;
        }
        if (count < 0) {
            break;  // the peer is gone; reading finds that out
        }
        written_ += static_cast<std::size_t>(count);
    }
    output_.clear();
    written_ = 0;
}

void WorkerProcess::set_memory_limit(std::int64_t bytes) {
    if (bytes == memory_limit_) {
        return;
    }
    memory_limit_ = bytes;
    rlimit limit{};
    if (prlimit(child_.process, RLIMIT_DATA, nullptr, &limit) == 0) {
        limit.rlim_cur = bytes > 0 ? std::min(static_cast<rlim_t>(bytes), limit.rlim_max) : limit.rlim_max;
        (void)prlimit(child_.process, RLIMIT_DATA, &limit, nullptr);
    }
}

std::int64_t WorkerProcess::resident_bytes() const {
    long pages = 0;
    std::FILE* file = std::fopen(("/proc/" + std::to_string(child_.process) + "/statm").c_str(), "re");
    if (file != nullptr) {
        long size = 0;
        pages = std::fscanf(file, "%ld %ld", &size, &pages) == 2 ? pages : 0;
        std::fclose(file);
    }
    return std::int64_t{pages} * sysconf(_SC_PAGESIZE);
}

void WorkerProcess::kill() {
    if (!end_) {
        ::kill(child_.process, SIGKILL);
    }
}

WorkerProcess::End WorkerProcess::wait_end() {
    if (end_) {
        return *end_;
    }
    End end;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    pid_t collected = 0;
    while ((collected = waitpid(child_.process, &end.wait_status, WNOHANG)) == 0 &&
           std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    if (collected == 0) {
        end.forced = true;
        kill();
        while (waitpid(child_.process, &end.wait_status, 0) < 0 && errno == EINTR) {
        }
    }
    const auto oom_kills = count_oom_kills();
    end.oom_killed = oom_kills && oom_kills_at_start_ && *oom_kills > *oom_kills_at_start_;
    end_ = end;
    return end;
}

void WorkerProcess::mark_log() {
    struct stat status {};
    log_mark_ = fstat(log_.get(), &status) == 0 ? status.st_size : 0;
}

std::vector<std::string> WorkerProcess::log_tail() const {
    struct stat status {};
    if (fstat(log_.get(), &status) != 0) {
        return {};
    }
    const std::int64_t from = std::max(std::min(log_mark_, status.st_size), status.st_size - tail_bytes);
    std::string text(static_cast<std::size_t>(status.st_size - from), '\0');
    const ssize_t count = pread(log_.get(), text.data(), text.size(), from);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(repaired_utf8(line));
    }
    if (lines.size() > tail_lines) {
        lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(tail_lines));
    }
    return lines;
}

void WorkerProcess::bound_log() {
    struct stat status {};
    if (fstat(log_.get(), &status) == 0 && status.st_size > most_log_bytes && ftruncate(log_.get(), 0) == 0) {
        log_mark_ = 0;
    }
}

}  // namespace tandem
