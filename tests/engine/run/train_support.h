// Tiny models that read letters, pairs to learn, and training jobs over them. Thread rule: one thread at a time.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/job.h"
#include "engine/models/counter_random.h"
#include "tests/support/temporary_folder.h"

namespace tandem::test {

namespace fs = std::filesystem;

// A tiny checkpoint of 32 ids with a tokenizer of letters: <pad>, <1>, <2>, <unk>, a to z, space, colon.
inline std::string model_of_letters(const fs::path& folder, const std::string& name, int end_of_text) {
    const fs::path place = folder / name;
    fs::create_directories(place);
    for (const char* file : {"config.json", "model.safetensors"}) {
        fs::copy_file(fs::path(TANDEM_SOURCE_DIR "/tests/data/models") / name / file, place / file,
                      fs::copy_options::overwrite_existing);
    }
    const std::vector<std::string> special{"<pad>", "<1>", "<2>", "<unk>"};
    nlohmann::json added = nlohmann::json::array();
    nlohmann::json vocabulary;
    for (std::size_t id = 0; id < special.size(); ++id) {
        vocabulary[special[id]] = id;
        added.push_back({{"id", id},
                         {"content", special[id]},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    }
    for (int letter = 0; letter < 26; ++letter) {
        vocabulary[std::string(1, static_cast<char>('a' + letter))] = 4 + letter;
    }
    vocabulary[" "] = 30;
    vocabulary[":"] = 31;
    const nlohmann::json tokenizer{{"version", "1.0"},
                                   {"truncation", nullptr},
                                   {"padding", nullptr},
                                   {"added_tokens", added},
                                   {"normalizer", nullptr},
                                   {"pre_tokenizer", nullptr},
                                   {"post_processor", nullptr},
                                   {"decoder", {{"type", "Fuse"}}},
                                   {"model",
                                    {{"type", "BPE"},
                                     {"dropout", nullptr},
                                     {"unk_token", "<unk>"},
                                     {"continuing_subword_prefix", nullptr},
                                     {"end_of_word_suffix", nullptr},
                                     {"fuse_unk", false},
                                     {"byte_fallback", false},
                                     {"vocab", vocabulary},
                                     {"merges", nlohmann::json::array()}}}};
    std::ofstream(place / "tokenizer.json") << tokenizer;
    std::ofstream(place / "tokenizer_config.json")
        << nlohmann::json{{"tokenizer_class", "PreTrainedTokenizerFast"},
                          {"eos_token", special[static_cast<std::size_t>(end_of_text)]},
                          {"unk_token", "<unk>"}};
    return place.string();
}

// Words whose last letter is the answer, twice: what two layers can learn.
inline std::string pairs_file(const fs::path& path, std::size_t count, std::uint64_t seed, std::uint64_t longest = 8) {
    CounterRandom random(seed, 1);
    std::ofstream file(path);
    for (std::size_t number = 0; number < count; ++number) {
        std::string word;
        for (std::uint64_t letters = 2 + random.below(longest - 1); letters > 0; --letters) {
            word += static_cast<char>('a' + random.below(5));
        }
        file << nlohmann::json{{"source", word}, {"target", std::string(2, word.back())}} << "\n";
    }
    return path.string();
}

inline std::string bytes_of_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace tandem::test
