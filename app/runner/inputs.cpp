#include "app/runner/inputs.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "app/library/files.h"
#include "app/library/sum.h"
#include "experiments/plan/data.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

// Takes a file's bytes as they come and adds up its lines.
class LineCounter {
public:
    LineCounter(fs::path file, bool splits) : file_(std::move(file)), splits_(splits) {}

    Result<void> take(std::string_view bytes) {
        for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
            rest_.append(bytes.substr(0, end));
            TANDEM_TRY(finish_line());
            bytes.remove_prefix(end + 1);
        }
        rest_.append(bytes);
        return {};
    }

    Result<std::map<std::string, DataFacts::Part>> finish() {
        TANDEM_TRY(finish_line());
        return std::move(parts_);
    }

private:
    Result<void> finish_line() {
        ++number_;
        const std::string line = std::exchange(rest_, {});
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
            return {};
        }
        add(parts_[""], line.size());
        if (!splits_) {
            return {};
        }
        constexpr std::string_view mark = "\xEF\xBB\xBF";  // a byte order mark may begin the file
        const std::string_view text =
            number_ == 1 && line.starts_with(mark) ? std::string_view(line).substr(mark.size()) : line;
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object()) {
            return Error{.code = "DATA_NOT_JSON",
                         .message = "the line is no JSON object; nothing was run",
                         .where = file_.string() + ":" + std::to_string(number_),
                         .kind = ErrorKind::bad_input};
        }
        if (const auto split = json.find("split"); split != json.end() && split->is_string()) {
            add(parts_[split->get<std::string>()], line.size());
        }
        return {};
    }

    static void add(DataFacts::Part& part, std::size_t bytes) {
        ++part.rows;
        part.bytes += static_cast<std::int64_t>(bytes);
        part.longest = std::max(part.longest, static_cast<std::int64_t>(bytes));
    }

    fs::path file_;
    bool splits_;
    std::string rest_;
    std::int64_t number_ = 0;
    std::map<std::string, DataFacts::Part> parts_;
};

fs::path folder_of(const SourcePosition& position) {
    return fs::path(position.file).parent_path();
}

Result<fs::path> find_data(const NeededFile& file, const fs::path& data_folder) {
    const fs::path beside = file.key;
    const fs::path shared = data_folder / file.path;
    std::error_code ignored;
    for (const fs::path& place : {beside, shared}) {
        if (fs::is_regular_file(place, ignored)) {
            const fs::path found = fs::canonical(place, ignored);
            return ignored ? fs::absolute(place) : found;
        }
    }
    const std::string places =
        beside == shared ? beside.string() : "neither as " + beside.string() + " nor as " + shared.string();
    return Error{.code = "DATA_NOT_FOUND",
                 .message = "the data file " + file.path + " is not there, " + places +
                            "; ./dev data makes the data sets that Tandem's own experiments read; nothing was run",
                 .where = file.path,
                 .kind = ErrorKind::bad_input};
}

}  // namespace

Error placed(Error error, const SourcePosition& position) {
    if (!position.file.empty()) {
        const std::string line =
            position.file + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
        error.message += error.where.empty() ? "" : " (" + error.where + ")";
        error.where = line;
    }
    return error;
}

Result<DataFacts> read_data_facts(const fs::path& file, bool splits) {
    DataFacts facts{.location = file.string(), .sha256 = TANDEM_TRY(library::sum_file(file, {}, {})), .parts = {}};
    std::ifstream stream(file, std::ios::binary);
    LineCounter lines(file, splits);
    std::vector<char> buffer(std::size_t{1} << 20);
    while (stream) {
        stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        TANDEM_TRY(lines.take({buffer.data(), static_cast<std::size_t>(stream.gcount())}));
    }
    if (stream.bad() || !stream.eof()) {
        return Error{.code = "FILE_IO",
                     .message = "the data file cannot be read; nothing was run",
                     .where = file.string(),
                     .kind = ErrorKind::io};
    }
    facts.parts = TANDEM_TRY(lines.finish());
    return facts;
}

Result<std::map<std::string, DataFacts>> resolve_data(const ExperimentSpec& spec, const fs::path& data_folder) {
    std::map<std::string, DataFacts> data;
    std::map<std::string, std::string> read;  // key of a file by its location: it is read once
    for (const NeededFile& file : needed_data(spec)) {
        const Result<fs::path> found = find_data(file, data_folder);
        if (!found) {
            return placed(found.error(), file.position);
        }
        auto& known = read[found->string() + (file.in_splits ? "#" : "")];
        if (known.empty()) {
            auto facts = read_data_facts(*found, file.in_splits);
            if (!facts) {
                return placed(facts.error(), file.position);
            }
            data[file.key] = std::move(*facts);
            known = file.key;
        } else {
            data[file.key] = data[known];
        }
    }
    return data;
}

Result<std::map<std::string, TrainedRef>> resolve_trained(const ExperimentSpec& spec) {
    std::map<std::string, TrainedRef> all;
    for (const PairingSpec& pairing : spec.pairings) {
        if (pairing.trained.empty()) {
            continue;
        }
        const fs::path folder = (folder_of(pairing.position) / pairing.trained).lexically_normal();
        std::error_code failed;
        if (!fs::is_regular_file(folder / "pairing.json", failed)) {
            return placed({.code = "TRAINED_NOT_FOUND",
                           .message = "pairing " + pairing.name + " is to go on from " + pairing.trained +
                                      ", and there is no pairing.json in that folder; nothing was run",
                           .where = folder.string(),
                           .kind = ErrorKind::bad_input},
                          pairing.position);
        }
        std::vector<std::pair<std::string, std::string>> sums;
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, failed)) {
            if (entry.is_regular_file(failed)) {
                auto sum = library::sum_file(entry.path(), {}, {});
                if (!sum) {
                    return placed(sum.error(), pairing.position);
                }
                sums.emplace_back(entry.path().lexically_relative(folder).generic_string(), std::move(*sum));
            }
        }
        std::sort(sums.begin(), sums.end());
        const fs::path location = fs::canonical(folder, failed);
        all[pairing.name] = {.location = failed ? folder.string() : location.string(),
                             .sha256 = library::sum_of_list(sums)};
    }
    return all;
}

}  // namespace tandem
