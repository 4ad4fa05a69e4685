#include "app/library/sum.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <sstream>
#include <system_error>

#include "app/library/files.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;

std::string sum_of_text(std::string_view text) {
    Sha256 sum;
    sum.add(std::as_bytes(std::span(text)));
    return sum.hex();
}

bool decides_result(const fs::path& name) {
    static const std::set<std::string> extensions{".safetensors", ".json", ".jinja", ".model", ".txt", ".tiktoken"};
    static const std::set<std::string> not_these{"LICENSE.txt", "NOTICE.txt", "requirements.txt"};
    return extensions.contains(name.extension().string()) && !not_these.contains(name.string());
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (context_ == nullptr || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) {
        std::abort();  // no memory for a hash: nothing that follows could be trusted
    }
}

void Sha256::Free::operator()(evp_md_ctx_st* context) const {
    EVP_MD_CTX_free(context);
}

void Sha256::add(std::span<const std::byte> bytes) {
    if (EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1) {
        std::abort();
    }
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &length) != 1) {
        std::abort();
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 0xF];
    }
    return text;
}

Result<std::string> sum_file(const fs::path& path, const BytesListener& listener, std::stop_token stop) {
    const auto descriptor = TANDEM_TRY(Descriptor::open(path, O_RDONLY));
    std::error_code ignored;
    const auto total = static_cast<std::int64_t>(fs::file_size(path, ignored));
    std::vector<std::byte> buffer(std::size_t{4} << 20);
    Sha256 sum;
    std::int64_t done = 0;
    while (true) {
        if (stop.stop_requested()) {
            return Error{.code = "CANCELLED",
                         .message = "stopped while reading the file; nothing was changed",
                         .where = path.string(),
                         .kind = ErrorKind::cancelled};
        }
        const ssize_t got = read(descriptor.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_error(errno, "reading it", path);
        }
        if (got == 0) {
            return sum.hex();
        }
        sum.add(std::span(buffer).first(static_cast<std::size_t>(got)));
        done += got;
        if (listener) {
            listener(done, total);
        }
    }
}

Result<std::vector<fs::path>> model_files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored) && decides_result(entry->path().filename())) {
            files.push_back(entry->path());
        }
    }
    if (failed) {
        return file_error(failed.value(), "listing the folder", folder);
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::string sum_of_list(const std::vector<std::pair<std::string, std::string>>& names_and_sums) {
    std::string text;
    for (const auto& [name, sum] : names_and_sums) {
        text += sum + "  " + name + "\n";
    }
    return sum_of_text(text);
}

std::string sum_of_catalogued(const CatalogueModel& model) {
    return sum_of_text("random:" + model.id + '\n' + model.config + '\n');
}

}  // namespace tandem::library
