#include "app/library/library.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <system_error>
#include <utility>

#include "app/library/acquire.h"
#include "app/library/index.h"
#include "app/library/sources.h"
#include "app/library/sum.h"
#include "engine/models/adapter.h"
#include "engine/models/inspect.h"
#include "engine/models/inspect_parts.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view random_prefix = "random:";
constexpr std::size_t longest_name = 128;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string iso_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts));
    return text;
}

bool is_url(const std::string& source) {
    return source.find("://") != std::string::npos;
}

bool is_name_character(unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
}

Result<void> check_name(const std::string& name) {
    const bool good = !name.empty() && name.size() <= longest_name && name.front() != '.' && name.front() != '-' &&
                      std::all_of(name.begin(), name.end(), is_name_character);
    if (good) {
        return {};
    }
    return Error{.code = "MODEL_NAME",
                 .message = "'" + name.substr(0, longest_name) +
                            "' cannot be a model's name: allowed are letters, digits and . _ - (not first . or -), up "
                            "to 128 of them; nothing was changed; --name gives another",
                 .where = "name",
                 .kind = ErrorKind::bad_input};
}

// The last part of a path or address, without its ending, in small letters.
std::string name_of(const std::string& source) {
    std::string text = source.substr(0, source.find_first_of("?#"));
    while (!text.empty() && text.back() == '/') {
        text.pop_back();
    }
    fs::path path(text);
    std::string name = path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(is_name_character(c) ? std::tolower(c) : '-'); });
    name.erase(0, std::min(name.find_first_not_of(".-"), name.size()));
    return name.substr(0, longest_name);
}

// Edits that make `wanted` into some part of `name`: people leave the ends of long names off.
std::size_t distance_to_part(const std::string& wanted, const std::string& name) {
    std::vector<std::size_t> row(name.size() + 1, 0);
    for (std::size_t i = 1; i <= wanted.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= name.size(); ++j) {
            const bool same = std::tolower(static_cast<unsigned char>(wanted[i - 1])) ==
                              std::tolower(static_cast<unsigned char>(name[j - 1]));
            const std::size_t replaced = diagonal + (same ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return *std::min_element(row.begin(), row.end());
}

// The three nearest, best first.
std::string nearest(const std::string& model, std::vector<std::string> names) {
    const std::string wanted = model.substr(0, longest_name);
    std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
        return distance_to_part(wanted, a) < distance_to_part(wanted, b);
    });
    constexpr std::size_t shown = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) {
        text += (text.empty() ? "" : ", ") + names[i];
    }
    return text;
}

Error not_found(const std::string& model, const std::vector<LibraryEntry>& entries) {
    std::vector<std::string> names;
    for (const LibraryEntry& entry : entries) {
        names.push_back(entry.name);
    }
    for (const ModelSource& source : model_sources()) {
        names.push_back(source.name);
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string message = "there is no model of this name, and no such file or folder; ";
    if (find_source(model) != nullptr) {
        message += "`tandem model add " + model + "` fetches it";
    } else {
        message += "nearest are " + nearest(model, names) +
                   "; `tandem model list` shows them all, `tandem model add` takes a .gguf file, a folder or an "
                   "https:// address";
    }
    return {.code = "MODEL_NOT_FOUND", .message = message, .where = model, .kind = ErrorKind::bad_input};
}

}  // namespace

Result<Library> Library::open(const fs::path& folder) {
    Library library;
    std::error_code failed;
    library.folder_ = fs::absolute(folder.empty() ? default_folder() : folder, failed);
    library.entries_ = TANDEM_TRY(library::read_index(library.folder_));
    return library;
}

fs::path Library::default_folder() {
    if (const std::string home = variable("TANDEM_HOME"); !home.empty()) {
        return home;
    }
    if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) {
        return fs::path(data) / "tandem";
    }
    return fs::path(variable("HOME")) / ".local" / "share" / "tandem";
}

const LibraryEntry* Library::find(const std::string& name) const {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const LibraryEntry& entry) { return entry.name == name; });
    return found == entries_.end() ? nullptr : &*found;
}

Result<LibraryEntry> Library::add(const std::string& source, std::string name, const DownloadListener& listener,
                                  std::stop_token stop, const AddOptions& options) {
    const ModelSource* packaged = find_source(source);
    if (name.empty()) {
        name = packaged != nullptr ? packaged->name : name_of(source);
    }
    if (auto good = check_name(name); !good) {
        return good.error();
    }
    const library::AddRequest request{folder_, source, options, listener, std::move(stop)};
    std::error_code ignored;
    auto acquired = [&]() -> Result<LibraryEntry> {
        if (packaged != nullptr) {
            return library::acquire_packaged(*packaged, request);
        }
        if (is_url(source)) {
            return library::acquire_url(request);
        }
        if (!fs::exists(source, ignored)) {
            return not_found(source, entries_);
        }
        return library::acquire_local(request);
    }();
    if (!acquired) {
        return acquired;
    }
    acquired->name = std::move(name);
    acquired->added_at = iso_now();
    return record(std::move(*acquired));
}

Result<LibraryEntry> Library::record(LibraryEntry entry) {
    entries_ = TANDEM_TRY(library::change_index(folder_, [&](std::vector<LibraryEntry>& entries) -> Result<void> {
        const auto known = std::find_if(entries.begin(), entries.end(),
                                        [&](const LibraryEntry& other) { return other.name == entry.name; });
        if (known == entries.end()) {
            entries.push_back(entry);
            return {};
        }
        std::error_code ignored;
        if (known->sha256 != entry.sha256 && fs::exists(known->location, ignored)) {
            return Error{.code = "MODEL_NAME_TAKEN",
                         .message = "the library has another model of the name '" + entry.name + "' (" +
                                    known->location + "); it was not changed; give this one another with --name",
                         .where = entry.source,
                         .kind = ErrorKind::bad_input};
        }
        *known = entry;
        return {};
    }));
    return entry;
}

Result<ModelFacts> Library::resolve(const std::string& model) {
    if (model.starts_with(random_prefix)) {
        ModelFacts facts = TANDEM_TRY(inspect_model(model));
        facts.sha256 = library::sum_of_catalogued(
            *TANDEM_TRY(catalogue_model(std::string_view(model).substr(random_prefix.size()))));
        return facts;
    }
    const LibraryEntry* entry = find(model);
    std::error_code failed;
    fs::path location;
    if (entry != nullptr) {
        location = entry->location;
        if (!fs::exists(location, failed)) {
            return Error{.code = "MODEL_FILE_GONE",
                         .message = "the library knows '" + model +
                                    "', but its file is no longer there; put it back, "
                                    "or add it again with `tandem model add " +
                                    entry->source + "`",
                         .where = entry->location,
                         .kind = ErrorKind::bad_input};
        }
    } else {
        if (!fs::exists(model, failed)) {
            return not_found(model, entries_);
        }
        location = fs::canonical(model, failed);
        if (failed) {
            location = fs::absolute(model);
        }
    }
    ModelFacts facts = TANDEM_TRY(inspect_model(location.string()));
    const library::Summed summed =
        TANDEM_TRY(library::sum_location(folder_, location, library::SumMemory::use, {}, {}));
    facts.sha256 = summed.sha256;
    if (entry != nullptr && entry->sha256 != summed.sha256) {
        facts.warnings.push_back("the file changed since it was added (the sum was " + entry->sha256 + ", is " +
                                 summed.sha256 + ")");
    }
    if (facts.licence.empty() && entry != nullptr) {
        facts.licence = entry->licence;
    }
    return facts;
}

Result<void> Library::attach_adapter(ModelFacts& facts, const std::string& folder) const {
    std::error_code failed;
    fs::path location = fs::canonical(folder, failed);
    if (failed) {
        location = folder;
    }
    (void)TANDEM_TRY(open_adapter(location, facts.shape, tensors_of(facts.shape)));
    facts.adapter_sha256 = TANDEM_TRY(library::sum_location(folder_, location, library::SumMemory::use, {}, {})).sha256;
    facts.adapter = location.string();
    return {};
}

Result<ModelFacts> Library::verify(const std::string& model) {
    // Looked up before resolving, which remembers a new sum for a changed file.
    std::error_code ignored;
    const LibraryEntry* entry = find(model);
    std::string expected = entry != nullptr ? entry->sha256 : std::string();
    if (entry == nullptr && fs::is_regular_file(model, ignored)) {
        expected = library::earlier_sum(folder_, fs::canonical(model, ignored)).value_or("");
    }
    ModelFacts facts = TANDEM_TRY(resolve(model));
    if (facts.format == "random") {
        return facts;
    }
    const library::Summed now =
        TANDEM_TRY(library::sum_location(folder_, facts.location, library::SumMemory::ignore, {}, {}));
    facts.sha256 = now.sha256;
    if (!expected.empty() && expected != now.sha256) {
        return Error{.code = "MODEL_CHANGED",
                     .message = "the file is not what was added: expected the sum " + expected + ", found " +
                                now.sha256 + "; nothing was changed; fetch it again, or add it under another name",
                     .where = facts.location,
                     .kind = ErrorKind::bad_input};
    }
    return facts;
}

}  // namespace tandem
