#include "app/agent/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "experiments/execute/local/spawn.h"

namespace tandem::agent {
namespace {

constexpr std::size_t piece_bytes = 4096;  // PIPE_BUF: a pipe that polls writable takes this much without blocking
constexpr auto patience = std::chrono::seconds(5);

// One direction: at most one piece in flight, read only when the last one is written.
class Direction {
public:
    Direction(int from, int to) : from_(from), to_(to) {}

    bool wants_read() const { return !ended_ && begin_ == end_; }
    bool wants_write() const { return begin_ < end_; }
    bool over() const { return ended_ && begin_ == end_; }

    void read_piece() {
        const ssize_t count = ::read(from_, piece_.data(), piece_.size());
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
            return;
        }
        ended_ = count <= 0;
        begin_ = 0;
        end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    void write_piece() {
        const ssize_t count = ::write(to_, piece_.data() + begin_, end_ - begin_);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) {
            return;
        }
        if (count < 0) {
            ended_ = true;
            begin_ = end_;
            return;
        }
        begin_ += static_cast<std::size_t>(count);
    }

private:
    int from_, to_;
    std::array<std::byte, piece_bytes> piece_{};
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool ended_ = false;
};

void carry(int input, int output, int socket) {
    Direction inward(input, socket);
    Direction outward(socket, output);
    bool told = false;
    while (!outward.over()) {
        std::array<pollfd, 4> descriptors{{{inward.wants_read() ? input : -1, POLLIN, 0},
                                           {inward.wants_write() ? socket : -1, POLLOUT, 0},
                                           {outward.wants_read() ? socket : -1, POLLIN, 0},
                                           {outward.wants_write() ? output : -1, POLLOUT, 0}}};
        if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR) {
            return;
        }
        if (descriptors[0].revents != 0) {
            inward.read_piece();
        }
        if (descriptors[1].revents != 0) {
            inward.write_piece();
        }
        if (descriptors[2].revents != 0) {
            outward.read_piece();
        }
        if (descriptors[3].revents != 0) {
            outward.write_piece();
        }
        if (inward.over() && !told) {
            told = true;
            shutdown(socket, SHUT_WR);
        }
    }
}

int collect(pid_t process) {
    int status = 0;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (waitpid(process, &status, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > deadline) {
            kill(process, SIGKILL);
            waitpid(process, &status, 0);
            break;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace

Result<int> relay_worker(const std::filesystem::path& worker_program, int input, int output) {
    const Descriptor log(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10));
    if (!log) {
        return Error{.code = "EXECUTE_IO",
                     .message = "stderr is not open (" + std::generic_category().message(errno) +
                                "); the worker needs it for its log",
                     .kind = ErrorKind::io};
    }
    signal(SIGPIPE, SIG_IGN);
    Child child = TANDEM_TRY(spawn_worker(worker_program, log));
    carry(input, output, child.socket.get());
    child.socket.reset();
    return collect(child.process);
}

}  // namespace tandem::agent
