// A worker without torch for tests: the null workload, and misbehaviour chosen by the model's name in the job or, for
// what happens before a job, by TANDEM_NULL_WORKER.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "app/worker/worker_shell.h"
#include "engine/run_null.h"

namespace {

using tandem::Error;
using tandem::ErrorKind;

void send_text(int socket, std::string_view text) {
    (void)!send(socket, text.data(), text.size(), MSG_NOSIGNAL);
}

void observe_one(tandem::Observer& observer) {
    observer.observe({.kind = tandem::ObservationKind::note, .name = "before", .text = "the end"});
    // Longer than the flush interval: the observation is under way before what follows.
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
}

[[noreturn]] void hang() {
    while (true) {
        std::this_thread::sleep_for(std::chrono::hours(1));
    }
}

[[noreturn]] void crash() {
    std::signal(SIGSEGV, SIG_DFL);
    std::raise(SIGSEGV);
    std::_Exit(1);
}

// Private anonymous memory that is written: what RLIMIT_DATA and the resident set both count.
tandem::Result<tandem::Report> allocate_until_refused(tandem::Observer& observer) {
    constexpr std::size_t step = 16u << 20;
    constexpr std::size_t most = 4096u;
    std::vector<std::vector<char>> kept;
    for (std::size_t count = 0; count < most; ++count) {
        kept.emplace_back(step, 'x');
        observer.progress({.fraction = 0, .what = "allocated"});
    }
    return tandem::Report{};
}

// File pages count for the resident set but not for RLIMIT_DATA, as a mapped model's do.
tandem::Result<tandem::Report> map_until_killed() {
    constexpr std::size_t size = std::size_t{256} << 20;
    const int file = memfd_create("pages", 0);
    if (file < 0 || ftruncate(file, size) != 0) {
        return Error{.code = "TEST", .message = "no memory file", .kind = ErrorKind::failed};
    }
    auto* pages = static_cast<volatile char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    for (std::size_t at = 0; at < size; at += 4096) {
        pages[at] = 1;
    }
    hang();
}

tandem::Result<tandem::Report> run(const tandem::Job& job, tandem::Observer& observer, std::stop_token stop,
                                   int socket) {
    const std::string& behaviour = job.pairing.model.name;
    std::fprintf(stderr, "null_worker: running %s\n", behaviour.c_str());
    if (behaviour == "crash") {
        observe_one(observer);
        crash();
    }
    if (behaviour == "crash-once") {
        // The marker is the job's location: the second attempt finds it.
        if (std::FILE* marker = std::fopen(job.pairing.model.location.c_str(), "wx")) {
            std::fclose(marker);
            crash();
        }
    }
    if (behaviour == "exit") {
        observe_one(observer);
        std::_Exit(7);
    }
    if (behaviour == "kill") {
        observe_one(observer);
        std::raise(SIGKILL);
    }
    if (behaviour == "hang") {
        observe_one(observer);
        hang();
    }
    if (behaviour == "allocate") {
        return allocate_until_refused(observer);
    }
    if (behaviour == "allocate-elsewhere") {
        std::thread([&observer] { (void)allocate_until_refused(observer); }).join();
    }
    if (behaviour == "map") {
        return map_until_killed();
    }
    if (behaviour == "garbage") {
        observe_one(observer);
        send_text(socket, std::string(200, 'g'));
        hang();
    }
    if (behaviour == "bad-input") {
        return Error{.code = "GGUF_BAD_MAGIC", .message = "not a model", .where = "model.gguf: byte 0"};
    }
    if (behaviour == "fails") {
        return Error{.code = "TEST_FAILED", .message = "fails each time", .kind = ErrorKind::failed};
    }
    if (behaviour == "artefact") {
        std::vector<std::byte> bytes(9'000'000, std::byte{7});
        observer.artefact("logits.safetensors", "application/octet-stream", bytes);
        observer.log("an artefact was made");
    }
    if (behaviour == "slow") {
        observer.progress({.fraction = 0.5, .what = "slow"});
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
    }
    const auto* null = std::get_if<tandem::NullWorkload>(&job.workload);
    return tandem::run_null(null == nullptr ? tandem::NullWorkload{} : *null, observer, std::move(stop));
}

}  // namespace

int main(int argc, char** argv) {
    const char* early = std::getenv("TANDEM_NULL_WORKER");
    const std::string behaviour = early == nullptr ? "" : early;
    int socket = 3;
    if (argc == 3 && std::strcmp(argv[1], "--fd") == 0) {
        std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), socket);
    }
    tandem::die_with_parent();
    if (behaviour == "exit-early") {
        std::fputs("null_worker: a library is missing\n", stderr);
        return 127;
    }
    if (behaviour == "silent") {
        hang();
    }
    if (behaviour == "garbage-early") {
        send_text(socket, "HTTP/1.1 400 Bad Request\r\n\r\n<html>this is no worker</html>");
        hang();
    }
    tandem::WorkerOptions options;
    options.socket = socket;
    options.hello = tandem::describe_worker();
    return tandem::run_worker(options, [socket](const auto& job, auto& observer, std::stop_token stop) {
        return run(job, observer, std::move(stop), socket);
    });
}
