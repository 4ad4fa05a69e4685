// What a server answered, judged before a byte of its body is kept: state without sockets. Errors: DL_*.
// Thread rule: plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/api/result.h"

namespace tandem::library {

struct HttpAnswer {
    long status = 0;
    std::string content_type, content_encoding, etag, content_range;
    std::int64_t content_length = -1;

    // One header line as it came; a status line begins a new answer.
    void add_header(std::string_view line);
};

// What is known of the bytes that are there already.
struct PartState {
    std::int64_t bytes = 0;
    std::string etag;  // a strong one; empty: nothing can be resumed
};

struct BodyPlan {
    std::int64_t offset = 0;  // where its first byte goes; what is beyond is thrown away
    std::int64_t total = -1;  // of the whole file; -1: not said
};

// Errors: DL_STATUS, DL_HTML, DL_ENCODING, DL_RANGE, DL_CHANGED.
Result<BodyPlan> judge_answer(const HttpAnswer& answer, const PartState& part, const std::string& url);

bool is_redirect(long status);

// True for loopback, private, link-local, unique-local, shared and unspecified addresses (RFC 6890), in IPv4, IPv6 or
// IPv4 written as IPv6. `address` is numeric, without brackets.
bool is_private_address(std::string_view address);

// scheme, host and port of a URL; the port is the scheme's own where none is written.
struct UrlParts {
    std::string scheme, host, port;
    bool has_credentials = false;
};
Result<UrlParts> split_url(const std::string& url);

}  // namespace tandem::library
