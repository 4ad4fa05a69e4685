// SHA-256 (FIPS 180-4) by OpenSSL, of what identifies models, trials and checkpoints. Out of memory ends the program:
// nothing that followed a wrong sum could be trusted. Thread rule: a Sha256 belongs to one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace tandem {

class Sha256 {
public:
    Sha256();
    void add(std::span<const std::byte> bytes);
    std::string hex();  // ends the sum

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// 64 hexadecimal digits, lower case.
std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

}  // namespace tandem
