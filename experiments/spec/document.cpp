#include "experiments/spec/document.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "experiments/spec/scalar.h"
#include "experiments/spec/sweep_path.h"

namespace tandem {
namespace fs = std::filesystem;
namespace {

// How far a new key reaches in a path whose further keys are not there yet.
enum class NewKey { to_first_dot, whole, model_name };

// The longest existing entry of `map` that `path` begins with, as names may hold dots; otherwise as `fresh` says.
std::size_t key_length(const YamlNode& map, std::string_view path, NewKey fresh) {
    std::size_t best = 0;
    for (const YamlNode& item : map.items) {
        const bool fits =
            path.starts_with(item.key) && (path.size() == item.key.size() || path[item.key.size()] == '.');
        if (fits && item.key.size() > best) {
            best = item.key.size();
        }
    }
    if (best > 0) {
        return best;
    }
    constexpr std::string_view source = ".source";
    switch (fresh) {
        case NewKey::whole:
            return path.size();
        case NewKey::model_name:
            return path.ends_with(source) ? path.size() - source.size() : path.size();
        case NewKey::to_first_dot:
            break;
    }
    return std::min(path.find('.'), path.size());
}

class DocumentReader {
public:
    DocumentReader(fs::path root, Problems& problems) : root_(std::move(root)), problems_(problems) {}

    std::optional<YamlNode> read(std::string_view text, const std::string& file_name) {
        std::optional<YamlNode> node = parse_yaml(text, file_name, problems_);
        if (!node) {
            return std::nullopt;
        }
        if (!node->is_map()) {
            problems_.add("SPEC_TYPE",
                          "an experiment is a map that begins with \"tandem: 1\", found " + describe(*node),
                          node->position());
            return std::nullopt;
        }
        if (!check_version(*node)) {
            return std::nullopt;  // whatever else seems wrong may be right in the other version
        }
        const YamlNode* base = node->find("base");
        if (!base) {
            return node;
        }
        std::optional<YamlNode> under = read_base(*base, file_name);
        node->items.erase(node->items.begin() + (base - node->items.data()));
        if (under) {
            merge_yaml(*under, std::move(*node));
            under->file = node->file;
        }
        return under;
    }

private:
    bool check_version(const YamlNode& node) {
        const YamlNode* version = node.find("tandem");
        if (!version) {
            problems_.add("SPEC_MISSING",
                          "the file does not say \"tandem: " + std::to_string(language_version) +
                              "\", the version of the language",
                          node.position());
            return true;
        }
        std::int64_t number = 0;
        const FieldInfo info{.name = "tandem", .min = language_version, .max = language_version};
        const MaybeFault fault = version->is_scalar() ? read_scalar({version->text, version->quoted}, info, number)
                                                      : Fault{"SPEC_TYPE", "needs one value"};
        if (fault) {
            problems_.add(fault->code,
                          "tandem, the version of the language, is " + describe(*version) + ", this program reads " +
                              std::to_string(language_version),
                          version->position());
        }
        return !fault;
    }

    std::optional<YamlNode> read_base(const YamlNode& base, const std::string& file_name) {
        if (!base.is_scalar() || base.text.empty()) {
            problems_.add("SPEC_TYPE", "base needs the relative path of a file, found " + describe(base),
                          base.position());
            return std::nullopt;
        }
        const auto path = path_inside(root_, fs::path(file_name).parent_path(), base.text);
        if (!path.ok()) {
            problems_.add(path.error().code, path.error().message, base.position(), path.error().kind);
            return std::nullopt;
        }
        std::error_code ignored;
        const fs::path canonical = fs::weakly_canonical(*path, ignored);
        const fs::path self = fs::weakly_canonical(fs::path(file_name), ignored);
        if (canonical == self || std::find(chain_.begin(), chain_.end(), canonical) != chain_.end()) {
            problems_.add("BASE_CYCLE", "base: " + base.text + " leads back to a file that builds on it",
                          base.position());
            return std::nullopt;
        }
        chain_.push_back(self);
        if (chain_.size() >= max_base_chain) {
            problems_.add("BASE_TOO_DEEP",
                          "more than " + std::to_string(max_base_chain) + " files build on each other through base",
                          base.position());
            return std::nullopt;
        }
        const auto text = read_text_file(*path, max_yaml_bytes);
        if (!text.ok()) {
            problems_.add(text.error().code, "base: " + text.error().message, base.position(), text.error().kind);
            return std::nullopt;
        }
        return read(*text, path->string());
    }

    fs::path root_;
    Problems& problems_;
    std::vector<fs::path> chain_;
};

void place(YamlNode& node, const std::shared_ptr<const std::string>& file) {
    node.file = file;
    node.line = node.column = node.key_line = node.key_column = 0;
    for (YamlNode& item : node.items) {
        place(item, file);
    }
}

void apply_override(YamlNode& root, const Override& over, Problems& problems) {
    const auto label = std::make_shared<const std::string>("--set " + over.path);
    const SourcePosition position{*label, 0, 0};
    for (const std::string_view fixed : {"tandem", "base"}) {
        if (over.path == fixed || over.path.starts_with(std::string(fixed) + ".")) {
            problems.add("SPEC_CONFLICT", over.path + " cannot be set from the command line; change it in the file",
                         position);
            return;
        }
    }
    std::optional<YamlNode> value = parse_yaml(over.value, *label, problems);
    if (!value) {
        return;
    }
    place(*value, label);
    YamlNode* at = &root;
    std::string_view rest = over.path;
    NewKey fresh = NewKey::to_first_dot;
    for (std::size_t depth = 0;; ++depth) {
        if (depth >= max_yaml_depth) {
            problems.add("YAML_TOO_DEEP", "the path has more than " + std::to_string(max_yaml_depth) + " keys",
                         position);
            return;
        }
        const std::size_t length = key_length(*at, rest, fresh);
        const std::string key(rest.substr(0, length));
        if (key.empty()) {
            problems.add("SPEC_MISSING", "a path like load.dtype is needed before the =", position);
            return;
        }
        YamlNode* next = at->find(key);
        if (!next) {
            YamlNode& made = at->items.emplace_back();
            made.kind = YamlNode::Kind::map;
            made.key = key;
            made.file = label;
            next = &made;
        }
        if (length == rest.size()) {
            value->key = key;
            *next = std::move(*value);
            return;
        }
        if (!next->is_map()) {
            problems.add("SPEC_TYPE", key + " is " + describe(*next) + " and has no keys", position);
            return;
        }
        fresh = at == root.find("sweep") && key == "grid" ? NewKey::whole
                : at == &root && key == "models"          ? NewKey::model_name
                                                          : NewKey::to_first_dot;
        at = next;
        rest.remove_prefix(length + 1);
    }
}

// A knob that is fixed on the command line and swept by the file would be fixed in vain.
void refuse_swept_override(const YamlNode& root, const Override& over, Problems& problems) {
    const YamlNode* sweep = root.find("sweep");
    if (!sweep || !sweep->is_map()) {
        return;
    }
    const std::optional<SweepPath> set = parse_sweep_path(over.path);
    if (!set) {
        return;
    }
    const auto refuse = [&](const YamlNode& axes, bool in_grid) {
        for (const YamlNode& axis : axes.items) {
            const std::optional<SweepPath> swept = parse_sweep_path(axis.key);
            if (swept && covers(*swept, *set)) {
                problems.add("SWEEP_PATH",
                             over.path + " is swept at " + to_string(axis.key_position()) +
                                 ", so a fixed value would do nothing; " +
                                 (in_grid ? "use --set sweep.grid." + axis.key + "=" + over.value
                                          : std::string("change it in the file")),
                             {"--set " + over.path, 0, 0});
            }
        }
    };
    if (const YamlNode* grid = sweep->find("grid"); grid && grid->is_map()) {
        refuse(*grid, true);
    }
    if (const YamlNode* linked = sweep->find("linked"); linked && linked->is_sequence()) {
        for (const YamlNode& group : linked->items) {
            if (group.is_map()) {
                refuse(group, false);
            }
        }
    }
}

}  // namespace

Result<std::string> read_text_file(const fs::path& path, std::size_t max_bytes) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (!fs::exists(status)) {
        return Error{.code = "FILE_NOT_FOUND", .message = "there is no file " + path.string(), .where = path.string()};
    }
    if (!fs::is_regular_file(status)) {
        return Error{.code = "FILE_READ", .message = path.string() + " is not a regular file", .where = path.string()};
    }
    errno = 0;
    std::ifstream stream(path, std::ios::binary);
    std::string text;
    if (stream) {
        text.resize(max_bytes + 1);
        stream.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(stream.gcount()));
    }
    if (!stream.is_open() || stream.bad()) {
        return Error{.code = "FILE_READ",
                     .message = path.string() + " cannot be read: " + std::strerror(errno),
                     .where = path.string(),
                     .kind = ErrorKind::io};
    }
    if (text.size() > max_bytes) {
        return Error{.code = "FILE_TOO_LARGE",
                     .message = path.string() + " has more than the " + std::to_string(max_bytes) + " bytes allowed",
                     .where = path.string()};
    }
    return text;
}

Result<fs::path> path_inside(const fs::path& root, const fs::path& folder, const std::string& named) {
    const Error escapes{
        .code = "PATH_ESCAPES",
        .message = "\"" + named + "\" leads out of the experiment's folder; a relative path inside it " + "is needed",
        .where = named};
    const fs::path relative(named);
    if (named.find('\0') != std::string::npos || relative.is_absolute()) {
        return escapes;
    }
    std::error_code code;
    const fs::path inside = fs::weakly_canonical(root.empty() ? fs::path(".") : root, code);
    const fs::path full = fs::weakly_canonical((folder.empty() ? fs::path(".") : folder) / relative, code);
    const auto [end, ignored] = std::mismatch(inside.begin(), inside.end(), full.begin(), full.end());
    if (code || end != inside.end()) {
        return escapes;
    }
    return folder / relative;
}

std::optional<YamlNode> read_document(std::string_view yaml, const std::string& file_name,
                                      const std::vector<Override>& overrides, Problems& problems) {
    DocumentReader reader(fs::path(file_name).parent_path(), problems);
    std::optional<YamlNode> root = reader.read(yaml, file_name);
    if (root) {
        for (const Override& over : overrides) {
            apply_override(*root, over, problems);
            refuse_swept_override(*root, over, problems);
        }
    }
    return root;
}

}  // namespace tandem
