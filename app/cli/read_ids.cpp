#include "app/cli/read_ids.h"

#include <algorithm>
#include <charconv>

#include "engine/api/utf8.h"

namespace tandem::cli {

Result<std::vector<std::int64_t>> read_ids(std::string_view text, std::int64_t vocab, const std::string& where,
                                           std::string_view ending) {
    constexpr std::string_view between = " \t\n\r,";
    constexpr std::size_t longest_shown = 40;
    std::vector<std::int64_t> ids;
    for (std::size_t begin = text.find_first_not_of(between); begin != std::string_view::npos;) {
        const std::size_t end = std::min(text.find_first_of(between, begin), text.size());
        const std::string_view word = text.substr(begin, end - begin);
        std::int64_t id = 0;
        const auto [last, failed] = std::from_chars(word.data(), word.data() + word.size(), id);
        const bool is_number = failed != std::errc::invalid_argument && last == word.data() + word.size();
        if (!is_number || failed != std::errc() || id < 0 || id >= vocab) {
            return Error{.code = "TOK_ID_RANGE",
                         .message = "'" + printable(word.substr(0, longest_shown)) + "' is not " +
                                    (is_number ? "an id of this model: need" : "a whole number: need ids") +
                                    " from 0 to " + std::to_string(vocab - 1) + ", blanks or commas between them" +
                                    std::string(ending),
                         .where = where + ":" + std::to_string(begin + 1),
                         .kind = ErrorKind::bad_input};
        }
        ids.push_back(id);
        begin = text.find_first_not_of(between, end);
    }
    return ids;
}

}  // namespace tandem::cli
