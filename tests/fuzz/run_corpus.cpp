// Runs every file of the given folders through a fuzz target's entry function once: what the fuzzer started from and
// what it found before stays mended, in every build and without a fuzzer. `corpus_NAME FOLDER...`.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
    std::vector<std::filesystem::path> files;
    for (int i = 1; i < argc; ++i) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
            if (entry.is_regular_file()) {
                files.push_back(entry.path());
            }
        }
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) {
        std::cerr << "no inputs; name the folder of a corpus\n";
        return 2;
    }
    for (const std::filesystem::path& file : files) {
        std::cerr << file.string() << '\n';  // a crash is after the last name
        std::ifstream stream(file, std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(stream)), {});
        if (!stream) {
            std::cerr << "cannot be read\n";
            return 2;
        }
        (void)LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    }
    std::cerr << files.size() << " inputs\n";
    return 0;
}
