#include "engine/tokenizer/split_regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "engine/api/utf8.h"
#include "engine/tokenizer/regex_translate.h"
#include "engine/tokenizer/tokenizer_error.h"
#include "engine/tokenizer/unicode.h"

namespace tandem {
namespace {

constexpr std::uint32_t probe_limit = 200000;  // steps on the texts a new expression is tried on
constexpr std::uint32_t probe_kibibytes = 16U << 10;
constexpr std::size_t jit_stack_start = 64U << 10;
constexpr std::size_t jit_stack_most = 16U << 20;

// What one thread needs to match with any expression. Freed when the thread ends.
class Workspace {
public:
    Workspace() {
        pcre2_set_match_limit(context_, std::numeric_limits<std::uint32_t>::max());
        pcre2_set_heap_limit(context_, std::numeric_limits<std::uint32_t>::max());
        pcre2_set_depth_limit(context_, std::numeric_limits<std::uint32_t>::max());
        pcre2_jit_stack_assign(context_, nullptr, stack_);
    }
    ~Workspace() {
        pcre2_match_data_free(data_);
        pcre2_match_context_free(context_);
        pcre2_jit_stack_free(stack_);
    }
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    pcre2_match_data* data() const { return data_; }
    pcre2_match_context* context() const { return context_; }

private:
    pcre2_match_data* data_ = pcre2_match_data_create(1, nullptr);
    pcre2_match_context* context_ = pcre2_match_context_create(nullptr);
    pcre2_jit_stack* stack_ = pcre2_jit_stack_create(jit_stack_start, jit_stack_most, nullptr);
};

Workspace& workspace() {
    thread_local Workspace mine;
    return mine;
}

PCRE2_SPTR units(std::string_view text) {
    return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

struct SplitRegex::Code {
    pcre2_code* fast = nullptr;   // with PCRE2's own properties of characters
    pcre2_code* exact = nullptr;  // with the reference's, where they differ
    ~Code() {
        pcre2_code_free(fast);
        pcre2_code_free(exact);
    }

    static Result<void> compile(std::string_view pattern, std::string_view translated, pcre2_code*& code,
                                const std::string& where) {
        int number = 0;
        PCRE2_SIZE at = 0;
        pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
        pcre2_set_newline(context, PCRE2_NEWLINE_LF);
        code = pcre2_compile(units(translated), translated.size(),
                             PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &number, &at, context);
        pcre2_compile_context_free(context);
        if (code == nullptr) {
            std::array<PCRE2_UCHAR, 160> text{};
            pcre2_get_error_message(number, text.data(), text.size());
            return config_error("the regular expression '" + printable(pattern) +
                                    "' is broken: " + reinterpret_cast<const char*>(text.data()),
                                where);
        }
        if (!is_tame(code)) {
            return config_error("the regular expression '" + printable(pattern) + "' needs more than " +
                                    std::to_string(probe_limit) + " steps for 64 characters",
                                where);
        }
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where there is no JIT, matching interprets
        return {};
    }

    // Texts that make a badly written expression try every way to split a word.
    static bool is_tame(const pcre2_code* code) {
        pcre2_match_context* context = pcre2_match_context_create(nullptr);
        pcre2_set_match_limit(context, probe_limit);
        pcre2_set_heap_limit(context, probe_kibibytes);  // a step back may keep the bounds of every group
        pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
        bool tame = true;
        for (const std::string unit : {"a", " ", "1", "aA", "\n", "'s", "\xC3\xA9", "!", "ab1 "}) {
            std::string text;
            while (text.size() < 64) {
                text += unit;
            }
            text += "\x01";
            const int status = pcre2_match(code, units(text), text.size(), 0, PCRE2_NO_JIT, data, context);
            tame = tame && (status >= 0 || status == PCRE2_ERROR_NOMATCH);
        }
        pcre2_match_data_free(data);
        pcre2_match_context_free(context);
        return tame;
    }
};

SplitRegex::SplitRegex(std::unique_ptr<Code> code) : code_(std::move(code)) {}
SplitRegex::~SplitRegex() = default;

Result<std::shared_ptr<const SplitRegex>> SplitRegex::compile(std::string_view pattern, const std::string& where) {
    const std::string by_pcre2 = TANDEM_TRY(translate_regex(pattern, UnicodeUse::by_pcre2, where));
    const std::string exact = TANDEM_TRY(translate_regex(pattern, UnicodeUse::exact, where));
    auto code = std::make_unique<Code>();
    TANDEM_TRY(code->compile(pattern, by_pcre2, code->fast, where));
    if (exact != by_pcre2) {
        TANDEM_TRY(code->compile(pattern, exact, code->exact, where));
    }
    return std::shared_ptr<const SplitRegex>(new SplitRegex(std::move(code)));
}

void SplitRegex::find_all(std::string_view text, std::vector<Match>& matches) const {
    matches.clear();
    const pcre2_code* code = code_->exact != nullptr && needs_exact(text) ? code_->exact : code_->fast;
    const Workspace& space = workspace();
    const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(space.data());
    std::size_t from = 0;
    while (from <= text.size()) {
        int status =
            pcre2_match(code, units(text), text.size(), from, PCRE2_NO_UTF_CHECK, space.data(), space.context());
        if (status == PCRE2_ERROR_JIT_STACKLIMIT) {
            status = pcre2_match(code, units(text), text.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, space.data(),
                                 space.context());
        }
        if (status < 0) {
            return;
        }
        const Match match{.begin = bounds[0], .end = bounds[1]};
        if (match.begin == match.end) {
            from = match.end + (match.end < text.size() ? unicode::char_size(text[match.end]) : 1);
            if (!matches.empty() && matches.back().end == match.end) {
                continue;
            }
        } else {
            from = match.end;
        }
        matches.push_back(match);
    }
}

}  // namespace tandem
