#include "app/library/http_answer.h"

#include <gtest/gtest.h>

namespace tandem::library {
namespace {

HttpAnswer answer(std::initializer_list<const char*> lines) {
    HttpAnswer out;
    for (const char* line : lines) {
        out.add_header(line);
    }
    return out;
}

TEST(HttpAnswer, headers_are_read_in_any_case_and_a_new_status_line_forgets_the_old) {
    const auto read = answer({"HTTP/1.1 302 Found\r\n", "ETag: \"old\"\r\n", "\r\n", "HTTP/2 200\r\n",
                              "CONTENT-LENGTH:  12 \r\n", "content-Type: Text/HTML\r\n", "\r\n"});
    EXPECT_EQ(read.status, 200);
    EXPECT_EQ(read.etag, "");
    EXPECT_EQ(read.content_length, 12);
    EXPECT_EQ(read.content_type, "text/html");
}

TEST(HttpAnswer, lengths_and_ranges_that_make_no_sense_are_refused) {
    const PartState part{.bytes = 100, .etag = "\"e\""};
    const auto code = [&](const char* range, const char* length = "Content-Length: 100") {
        const auto plan =
            judge_answer(answer({"HTTP/1.1 206 Partial Content", "ETag: \"e\"", range, length}), part, "https://x/y");
        return plan.ok() ? std::string("total ") + std::to_string(plan->total) : plan.error().code;
    };
    EXPECT_EQ(code("Content-Range: bytes 100-199/200"), "total 200");
    EXPECT_EQ(code("Content-Range: bytes 100-199/*"), "total 200");
    EXPECT_EQ(code("Content-Range: bytes 100-199/200", "Content-Length: 90"), "DL_LENGTH");
    for (const char* range :
         {"Content-Range: bytes 99-199/200", "Content-Range: bytes 0-99/200", "Content-Range: bytes 100-50/200",
          "Content-Range: bytes 100-199/150", "Content-Range: bytes -1-199/200", "Content-Range: items 100-199/200",
          "Content-Range: bytes */200", "Content-Range: bytes 100-99999999999999999999/200", "X: y"}) {
        EXPECT_EQ(code(range), "DL_RANGE") << range;
    }
}

TEST(HttpAnswer, a_range_that_was_not_asked_for_is_refused) {
    const auto plan = judge_answer(answer({"HTTP/1.1 206 P", "Content-Range: bytes 0-9/10"}), {}, "https://x/y");
    EXPECT_EQ(plan.error().code, "DL_RANGE");
}

TEST(HttpAnswer, private_addresses_are_known_in_every_notation) {
    for (const char* address : {"127.0.0.1",
                                "127.9.9.9",
                                "10.1.2.3",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.168.0.1",
                                "169.254.169.254",
                                "100.64.0.1",
                                "0.0.0.0",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::1",
                                "::",
                                "fe80::1",
                                "fe80::1%eth0",
                                "fc00::1",
                                "fd12::1",
                                "ff02::1",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "64:ff9b::7f00:1"}) {
        EXPECT_TRUE(is_private_address(address)) << address;
    }
    for (const char* address : {"1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "8.8.8.8", "2606:4700::1",
                                "::ffff:8.8.8.8", "example.org", ""}) {
        EXPECT_FALSE(is_private_address(address)) << address;
    }
}

TEST(HttpAnswer, urls_are_taken_apart) {
    const auto url = split_url("https://Example.org/a/b.gguf?x=1");
    ASSERT_TRUE(url.ok());
    EXPECT_EQ(url->scheme, "https");
    EXPECT_EQ(url->host, "example.org");
    EXPECT_EQ(url->port, "443");
    EXPECT_FALSE(url->has_credentials);
    EXPECT_TRUE(split_url("https://u:p@h/")->has_credentials);
    EXPECT_EQ(split_url("https://[::1]:8443/x")->host, "::1");
    EXPECT_FALSE(split_url("not a url at all").ok());
}

}  // namespace
}  // namespace tandem::library
