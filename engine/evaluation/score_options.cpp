#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/evaluation/scorers.h"

namespace tandem {
namespace {

constexpr std::string_view last_option = "regex=";

std::string shown(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", number);
    return text;
}

template <class Number>
bool read(const std::string& text, Number& number) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failed == std::errc() && end == text.data() + text.size();
}

Error option_error(std::string message, std::string where) {
    return {.code = "SCORE_OPTION",
            .message = std::move(message) + "; nothing was scored",
            .where = std::move(where),
            .kind = ErrorKind::bad_input};
}

}  // namespace

Result<ScoreOptions> ScoreOptions::parse(std::string_view text, const std::string& where) {
    ScoreOptions options;
    options.where_ = where;
    while (!text.empty()) {
        const std::size_t end = text.starts_with(last_option) ? text.size() : std::min(text.find(':'), text.size());
        const std::string_view option = text.substr(0, end);
        const std::size_t equals = option.find('=');
        if (equals == std::string_view::npos || equals == 0) {
            return option_error("found '" + printable(option) + "', need options as in tok=13a with ':' between them",
                                where);
        }
        const std::string key(option.substr(0, equals));
        if (options.has(key)) {
            return option_error("the option " + printable(key) + " is given twice", where);
        }
        options.given_.push_back({.key = key, .value = std::string(option.substr(equals + 1))});
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return options;
}

bool ScoreOptions::has(std::string_view key) const {
    return std::any_of(given_.begin(), given_.end(), [&](const Given& given) { return given.key == key; });
}

const std::string* ScoreOptions::find(std::string_view key) {
    known_.emplace_back(key);
    for (Given& given : given_) {
        if (given.key == key) {
            given.asked = true;
            return &given.value;
        }
    }
    return nullptr;
}

void ScoreOptions::refuse(std::string_view key, const std::string& found, const std::string& allowed) {
    errors_.push_back(
        option_error("found " + std::string(key) + "=" + printable(found) + ", allowed are " + allowed, where_));
}

std::string ScoreOptions::word(std::string_view key, std::string_view otherwise,
                               std::span<const std::string_view> allowed) {
    const std::string* given = find(key);
    if (given == nullptr) {
        return std::string(otherwise);
    }
    std::string all;
    for (const std::string_view word : allowed) {
        if (word == *given) {
            return *given;
        }
        all += (all.empty() ? "" : ", ") + std::string(word);
    }
    refuse(key, *given, all);
    return std::string(otherwise);
}

bool ScoreOptions::flag(std::string_view key, bool otherwise) {
    constexpr std::string_view words[] = {"yes", "no"};
    return word(key, otherwise ? "yes" : "no", words) == "yes";
}

double ScoreOptions::number(std::string_view key, double otherwise, double least, double most) {
    const std::string* given = find(key);
    double number = otherwise;
    if (given != nullptr && (!read(*given, number) || !(number >= least && number <= most))) {
        refuse(key, *given, shown(least) + " to " + shown(most));
        return otherwise;
    }
    return number;
}

int ScoreOptions::count(std::string_view key, int otherwise, int least, int most) {
    const std::string* given = find(key);
    int number = otherwise;
    if (given != nullptr && (!read(*given, number) || number < least || number > most)) {
        refuse(key, *given, "whole numbers from " + std::to_string(least) + " to " + std::to_string(most));
        return otherwise;
    }
    return number;
}

std::string ScoreOptions::text(std::string_view key) {
    const std::string* given = find(key);
    return given == nullptr ? std::string() : *given;
}

Result<void> ScoreOptions::check() const {
    if (!errors_.empty()) {
        return errors_.front();
    }
    for (const Given& given : given_) {
        if (!given.asked) {
            std::string all;
            for (const std::string& key : known_) {
                all += (all.empty() ? "" : ", ") + key;
            }
            return option_error("there is no option '" + printable(given.key) + "' here; there are " + all, where_);
        }
    }
    return {};
}

}  // namespace tandem
