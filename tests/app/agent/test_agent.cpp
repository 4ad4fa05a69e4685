// The agent as a program: what it prints, what it refuses, and a whole worker session through its stdin and stdout.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiments/wire/controller_session.h"

namespace tandem {
namespace {

const std::string agent_program = std::string(TANDEM_BINARY_DIR) + "/bin/tandem-agent";
const std::string worker_program = std::string(TANDEM_BINARY_DIR) + "/tests/null_worker";

// A child with pipes on its stdin and stdout.
class Program {
public:
    explicit Program(std::vector<std::string> arguments) {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) {
            std::abort();
        }
        std::vector<char*> pointers;
        for (std::string& argument : arguments) {
            pointers.push_back(argument.data());
        }
        pointers.push_back(nullptr);
        process_ = fork();
        if (process_ == 0) {
            dup2(in[0], STDIN_FILENO);
            dup2(out[1], STDOUT_FILENO);
            execv(pointers[0], pointers.data());
            _exit(126);
        }
        close(in[0]);
        close(out[1]);
        input_ = in[1];
        output_ = out[0];
    }
    ~Program() {
        close_input();
        close(output_);
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    void send(const wire::Bytes& bytes) {
        ASSERT_EQ(write(input_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    std::string read_some() {
        std::string text(65536, '\0');
        const ssize_t count = read(output_, text.data(), text.size());
        text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        return text;
    }
    std::string read_all() {
        std::string all;
        for (std::string some = read_some(); !some.empty(); some = read_some()) {
            all += some;
        }
        return all;
    }
    void close_input() {
        if (input_ >= 0) {
            close(std::exchange(input_, -1));
        }
    }
    int exit_code() {
        int status = 0;
        waitpid(process_, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    pid_t process() const { return process_; }

private:
    pid_t process_ = -1;
    int input_ = -1;
    int output_ = -1;
};

TEST(Agent, status_is_one_json_document_of_facts) {
    Program agent({agent_program, "status", "--json", "--worker", worker_program});
    const auto status = nlohmann::json::parse(agent.read_all());
    EXPECT_EQ(agent.exit_code(), 0);
    EXPECT_GE(status.at("cores").get<int>(), 1);
    EXPECT_GT(status.at("memory_available_bytes").get<std::int64_t>(), 0);
    EXPECT_EQ(status.at("worker"), worker_program);
}

TEST(Agent, network_service_and_pairing_are_refused_plainly) {
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{agent_program, "serve"}, {agent_program, "pair", "CODE"}, {agent_program, "x"}}) {
        Program agent(arguments);
        EXPECT_EQ(agent.read_all(), "");
        EXPECT_EQ(agent.exit_code(), 2);
    }
}

TEST(Agent, carries_a_whole_session_over_stdin_and_stdout) {
    Program agent({agent_program, "serve", "--stdio", "--worker", worker_program});
    wire::ControllerSession controller;
    const wire::AttemptKey key{std::string(64, 'a'), 1};
    std::size_t observations = 0;
    bool done = false;
    while (!done) {
        const std::string bytes = agent.read_some();
        ASSERT_FALSE(bytes.empty());
        controller.receive(wire::as_bytes(bytes));
        while (true) {
            auto next = controller.next();
            ASSERT_TRUE(next.ok()) << next.error().to_string();
            if (!*next) {
                break;
            }
            if (std::holds_alternative<wire::Hello>(**next)) {
                Job job;
                job.workload = NullWorkload{.observations = 5000, .interval_us = 0};
                ASSERT_TRUE(controller.start({key, job}).ok());
            } else if (const auto* batch = std::get_if<wire::ObservationBatch>(&**next)) {
                observations += batch->observations.size();
                controller.acknowledge(key, batch->first_sequence + batch->observations.size() - 1);
            }
            done = done || std::holds_alternative<wire::Done>(**next);
        }
        agent.send(controller.take_output());
    }
    EXPECT_EQ(observations, 5000U);
    agent.close_input();
    EXPECT_EQ(agent.read_all(), "");
    EXPECT_EQ(agent.exit_code(), 0);
}

}  // namespace
}  // namespace tandem
