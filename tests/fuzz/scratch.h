// A folder in memory for a fuzz target whose reader takes files. Thread rule: one thread.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

namespace tandem::test {

class Scratch {
public:
    explicit Scratch(const std::string& name) {
        std::error_code failure;
        const std::filesystem::path memory = "/dev/shm";
        const bool there = std::filesystem::is_directory(memory, failure) && ::access(memory.c_str(), W_OK) == 0;
        folder_ = (there ? memory : std::filesystem::temp_directory_path()) /
                  ("tandem-" + name + "-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
    std::filesystem::path write(const std::string& name, std::string_view bytes) const {
        const std::filesystem::path path = folder_ / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        if (!file.flush()) {
            std::abort();
        }
        return path;
    }

private:
    std::filesystem::path folder_;
};

}  // namespace tandem::test
