#include "app/library/http_answer.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <memory>

namespace tandem::library {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size() || value < 0) {
        return std::nullopt;
    }
    return value;
}

struct Range {
    std::int64_t first = 0;
    std::int64_t total = -1;
};

// "bytes 100-199/200", the total may be "*".
std::optional<Range> parse_range(std::string_view text) {
    constexpr std::string_view unit = "bytes ";
    if (!lower(text).starts_with(unit)) {
        return std::nullopt;
    }
    text.remove_prefix(unit.size());
    const auto dash = text.find('-');
    const auto slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) {
        return std::nullopt;
    }
    const auto first = whole_number(trimmed(text.substr(0, dash)));
    const auto last = whole_number(trimmed(text.substr(dash + 1, slash - dash - 1)));
    const auto total = whole_number(trimmed(text.substr(slash + 1)));
    if (!first || !last || *last < *first || (total && *total <= *last)) {
        return std::nullopt;
    }
    return Range{*first, total.value_or(-1)};
}

Error refusal(const char* code, const std::string& message, const std::string& url,
              ErrorKind kind = ErrorKind::bad_input) {
    return {.code = code, .message = message, .where = url, .kind = kind};
}

bool is_private_v4(std::uint32_t address) {
    struct Block {
        std::uint32_t base;
        int bits;
    };
    constexpr std::array<Block, 10> blocks{{{0x00000000, 8},    // this network
                                            {0x0A000000, 8},    // private
                                            {0x64400000, 10},   // shared by carriers
                                            {0x7F000000, 8},    // loopback
                                            {0xA9FE0000, 16},   // link-local
                                            {0xAC100000, 12},   // private
                                            {0xC0000000, 24},   // protocol assignments
                                            {0xC0A80000, 16},   // private
                                            {0xC6120000, 15},   // benchmarks
                                            {0xE0000000, 3}}};  // multicast, reserved, broadcast
    constexpr int width = 32;
    return std::any_of(blocks.begin(), blocks.end(),
                       [&](const Block& block) { return ((address ^ block.base) >> (width - block.bits)) == 0; });
}

}  // namespace

void HttpAnswer::add_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        *this = HttpAnswer{};
        const auto space = line.find(' ');
        if (space != std::string_view::npos) {
            status = static_cast<long>(whole_number(trimmed(line.substr(space + 1, 3))).value_or(0));
        }
        return;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
        return;
    }
    const std::string name = lower(trimmed(line.substr(0, colon)));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "content-type") {
        content_type = lower(value);
    } else if (name == "content-encoding") {
        content_encoding = lower(value);
    } else if (name == "etag") {
        etag = value;
    } else if (name == "content-range") {
        content_range = value;
    } else if (name == "content-length") {
        content_length = whole_number(value).value_or(-1);
    }
}

bool is_redirect(long status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<BodyPlan> judge_answer(const HttpAnswer& answer, const PartState& part, const std::string& url) {
    constexpr long ok = 200, partial = 206;
    if (answer.status != ok && answer.status != partial) {
        return refusal("DL_STATUS",
                       "the server answered " + std::to_string(answer.status) +
                           ", need 200; nothing was changed, what was fetched before is kept; check the address",
                       url, ErrorKind::io);
    }
    if (answer.content_type.starts_with("text/html") || answer.content_type.starts_with("application/xhtml")) {
        return refusal("DL_HTML",
                       "the server sent a web page in place of a model (a login or an error page?); nothing was "
                       "changed; open the address in a browser, or use another",
                       url);
    }
    if (!answer.content_encoding.empty() && answer.content_encoding != "identity") {
        return refusal("DL_ENCODING",
                       "the server sent the file compressed as '" + answer.content_encoding.substr(0, 40) +
                           "', which was not asked for and could grow without bound; nothing was changed",
                       url);
    }
    if (answer.status == ok) {
        return BodyPlan{.offset = 0, .total = answer.content_length};
    }
    const auto range = parse_range(answer.content_range);
    if (part.bytes == 0 || !range || range->first != part.bytes) {
        return refusal("DL_RANGE",
                       "asked for the bytes from " + std::to_string(part.bytes) + " on, the server sent '" +
                           answer.content_range.substr(0, 80) +
                           "'; nothing was changed, what was fetched before is kept",
                       url, ErrorKind::io);
    }
    if (answer.etag != part.etag) {
        return refusal("DL_CHANGED",
                       "the file changed on the server since the first part was fetched (ETag was " + part.etag +
                           ", is " + answer.etag.substr(0, 80) + "); the part was thrown away; start again",
                       url, ErrorKind::io);
    }
    std::int64_t total = range->total;
    if (answer.content_length >= 0) {
        const std::int64_t implied = part.bytes + answer.content_length;
        if (total >= 0 && total != implied) {
            return refusal("DL_LENGTH",
                           "the server says two lengths, " + std::to_string(total) + " and " + std::to_string(implied) +
                               " bytes; nothing was changed, what was fetched is kept",
                           url, ErrorKind::io);
        }
        total = implied;
    }
    return BodyPlan{.offset = part.bytes, .total = total};
}

bool is_private_address(std::string_view text) {
    const std::string address(text.substr(0, text.find('%')));
    in_addr v4{};
    if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
        return is_private_v4(ntohl(v4.s_addr));
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) {
        return false;
    }
    std::uint32_t last = 0;
    std::memcpy(&last, &v6.s6_addr[12], sizeof(last));
    const std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const std::array<unsigned char, 12> translated{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};
    if (std::equal(mapped.begin(), mapped.end(), v6.s6_addr) ||
        std::equal(translated.begin(), translated.end(), v6.s6_addr)) {
        return is_private_v4(ntohl(last));
    }
    const unsigned char first = v6.s6_addr[0];
    const bool local = first == 0xfe || (first & 0xfe) == 0xfc || first == 0xff;  // link-local, unique-local, multicast
    return local || IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6);
}

Result<UrlParts> split_url(const std::string& url) {
    const auto refuse = [&](const std::string& why) {
        return refusal("DL_URL", why + "; need an https:// address of a .gguf file; nothing was changed", url);
    };
    const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> handle(curl_url(), &curl_url_cleanup);
    if (handle == nullptr ||
        curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        return refuse("the address cannot be read");
    }
    const auto part = [&](CURLUPart which) {
        char* text = nullptr;
        std::string out;
        if (curl_url_get(handle.get(), which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK && text != nullptr) {
            out = text;
        }
        curl_free(text);
        return out;
    };
    UrlParts parts{.scheme = lower(part(CURLUPART_SCHEME)),
                   .host = lower(part(CURLUPART_HOST)),
                   .port = part(CURLUPART_PORT),
                   .has_credentials = !part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()};
    if (parts.host.size() > 2 && parts.host.front() == '[') {
        parts.host = parts.host.substr(1, parts.host.size() - 2);
    }
    if (parts.host.empty()) {
        return refuse("the address names no host");
    }
    return parts;
}

}  // namespace tandem::library
