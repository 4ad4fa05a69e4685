#include "app/library/download.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "app/library/files.h"
#include "app/library/http_answer.h"

namespace tandem::library {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int most_redirects = 5;
constexpr long connect_timeout_s = 20;
constexpr long silent_s = 30;  // no byte for so long ends the transfer

fs::path note_path(const fs::path& part) {
    return part.string() + ".json";
}

// What was written of the part, if it is of this address and can be continued.
PartState read_part(const DownloadRequest& request) {
    std::ifstream file(note_path(request.part));
    const json note = json::parse(file, nullptr, false);
    std::error_code failed;
    const auto bytes = fs::file_size(request.part, failed);
    if (failed || !note.is_object() || !note.contains("url") || note["url"] != request.url || !note.contains("etag") ||
        !note["etag"].is_string()) {
        return {};
    }
    return {.bytes = static_cast<std::int64_t>(bytes), .etag = note["etag"].get<std::string>()};
}

bool is_strong(const std::string& etag) {
    return etag.size() > 2 && etag.front() == '"';
}

Error stopped(const std::string& url) {
    return {.code = "CANCELLED",
            .message = "stopped; what was fetched is kept, and the same command goes on from there",
            .where = url,
            .kind = ErrorKind::cancelled};
}

// One request and its answer, from the first header to the last byte of the body.
class Transfer {
public:
    Transfer(const DownloadRequest& request, std::string url, PartState part, bool redirected, int descriptor,
             const DownloadListener& listener, const std::stop_token& stop)
        : request_(request),
          url_(std::move(url)),
          part_(std::move(part)),
          redirected_(redirected),
          descriptor_(descriptor),
          listener_(listener),
          stop_(stop),
          curl_(curl_easy_init(), &curl_easy_cleanup) {}

    struct Outcome {
        std::optional<std::string> redirect;
        bool range_refused = false;  // 416: nothing is left to send, or the part is too long
    };

    Result<Outcome> run() {
        configure();
        const CURLcode code = curl_easy_perform(curl_.get());
        if (error_) {
            return *error_;
        }
        if (stop_.stop_requested()) {
            return stopped(request_.url);
        }
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        if (code == CURLE_OK && is_redirect(status)) {
            char* target = nullptr;
            curl_easy_getinfo(curl_.get(), CURLINFO_REDIRECT_URL, &target);
            return Outcome{.redirect = target == nullptr ? std::string() : std::string(target)};
        }
        constexpr long range_not_satisfiable = 416;
        if (code == CURLE_OK && status == range_not_satisfiable) {
            return Outcome{.range_refused = true};
        }
        return finish(code);
    }

private:
    void configure() {
        CURL* curl = curl_.get();
        const auto set = [curl](CURLoption option, auto value) { curl_easy_setopt(curl, option, value); };
        set(CURLOPT_URL, url_.c_str());
        set(CURLOPT_PROTOCOLS_STR, "https");
        set(CURLOPT_FOLLOWLOCATION, 0L);  // each hop is looked at first
        set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT, connect_timeout_s);
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, silent_s);
        set(CURLOPT_USERAGENT, "tandem");
        set(CURLOPT_ERRORBUFFER, message_.data());
        if (!request_.ca_file.empty()) {
            set(CURLOPT_CAINFO, request_.ca_file.c_str());
        }
        if (part_.bytes > 0) {
            headers_.reset(curl_slist_append(nullptr, ("If-Range: " + part_.etag).c_str()));
            set(CURLOPT_HTTPHEADER, headers_.get());
            set(CURLOPT_RANGE, (range_ = std::to_string(part_.bytes) + "-").c_str());
        }
        set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        set(CURLOPT_HEADERDATA, this);
        set(CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        set(CURLOPT_XFERINFODATA, this);
        set(CURLOPT_NOPROGRESS, 0L);
        if (redirected_) {
            set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
            set(CURLOPT_OPENSOCKETDATA, this);
        }
    }

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
        static_cast<Transfer*>(self)->answer_.add_header({data, size * count});
        return size * count;
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        return static_cast<Transfer*>(self)->take({data, size * count}) ? size * count : CURL_WRITEFUNC_ERROR;
    }

    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<Transfer*>(self)->stop_.stop_requested() ? 1 : 0;
    }

    // Of an address that the name resolved to after a redirect. Behind a proxy this is the proxy's own.
    static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr* address) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* number = nullptr;
        if (address->family == AF_INET) {
            number = &reinterpret_cast<const sockaddr_in*>(&address->addr)->sin_addr;
        } else if (address->family == AF_INET6) {
            number = &reinterpret_cast<const sockaddr_in6*>(&address->addr)->sin6_addr;
        }
        if (number == nullptr || inet_ntop(address->family, number, text.data(), text.size()) == nullptr ||
            is_private_address(text.data())) {
            auto* transfer = static_cast<Transfer*>(self);
            transfer->error_ = Error{.code = "DL_PRIVATE_ADDRESS",
                                     .message = "a redirect leads to " + std::string(text.data()) +
                                                ", an address of this machine or a private network; nothing was "
                                                "changed; name that address yourself if you mean it",
                                     .where = transfer->url_,
                                     .kind = ErrorKind::bad_input};
            return CURL_SOCKET_BAD;
        }
        return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    }

    bool refuse(Error error) {
        error_ = std::move(error);
        return false;
    }

    bool take(std::string_view bytes) {
        constexpr long range_not_satisfiable = 416;
        if (is_redirect(answer_.status) || answer_.status == range_not_satisfiable) {
            return true;  // such a body is never kept
        }
        if (!plan_ && !begin_body()) {
            return false;
        }
        if (auto written = write_all(descriptor_, std::as_bytes(std::span(bytes)), request_.part); !written) {
            return refuse(written.error());
        }
        done_ += static_cast<std::int64_t>(bytes.size());
        if (listener_) {
            listener_({.what = "fetching " + request_.url,
                       .done_bytes = done_,
                       .total_bytes = std::max<std::int64_t>(plan_->total, 0)});
        }
        return true;
    }

    bool begin_body() {
        auto plan = judge_answer(answer_, part_, request_.url);
        if (!plan) {
            if (plan.error().code == "DL_CHANGED") {
                forget_part(request_.part);
            }
            return refuse(plan.error());
        }
        const std::int64_t free = free_bytes(request_.part.parent_path());
        if (free >= 0 && plan->total - plan->offset > free) {
            return refuse({.code = "DL_DISK_FULL",
                           .message = "the file needs " + std::to_string(plan->total - plan->offset) +
                                      " more bytes, free are " + std::to_string(free) +
                                      "; nothing was changed; free some space, or name another place with TANDEM_HOME",
                           .where = request_.part.string(),
                           .kind = ErrorKind::io});
        }
        const json note{{"url", request_.url}, {"etag", is_strong(answer_.etag) ? answer_.etag : ""}};
        auto noted =
            replace_file(note_path(request_.part), note.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
        if (!noted) {
            return refuse(noted.error());
        }
        if (ftruncate(descriptor_, plan->offset) != 0 || lseek(descriptor_, plan->offset, SEEK_SET) < 0) {
            return refuse(file_error(errno, "preparing it", request_.part));
        }
        plan_ = *plan;
        done_ = plan->offset;
        return true;
    }

    Result<Outcome> finish(CURLcode code) {
        const std::string kept = "; what was fetched is kept, and the same command goes on from there";
        if (code == CURLE_PARTIAL_FILE || (code == CURLE_OK && plan_ && plan_->total >= 0 && done_ != plan_->total)) {
            return Error{.code = "DL_LENGTH",
                         .message = "the transfer ended after " + std::to_string(done_) + " of " +
                                    std::to_string(plan_ ? plan_->total : answer_.content_length) + " bytes" + kept,
                         .where = request_.url,
                         .kind = ErrorKind::io};
        }
        if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
            code == CURLE_SSL_CACERT_BADFILE) {
            return Error{.code = "DL_TLS",
                         .message = "the server could not prove who it is (" + reason(code) +
                                    "); nothing was changed; --ca-file names a certificate authority to trust",
                         .where = request_.url,
                         .kind = ErrorKind::io};
        }
        if (code == CURLE_UNSUPPORTED_PROTOCOL) {
            return Error{.code = "DL_URL",
                         .message = "only https:// is fetched; nothing was changed",
                         .where = url_,
                         .kind = ErrorKind::bad_input};
        }
        if (code != CURLE_OK) {
            return Error{.code = "DL_NETWORK",
                         .message = "the transfer failed (" + reason(code) + ")" + kept,
                         .where = request_.url,
                         .kind = ErrorKind::io};
        }
        if (!plan_ && !begin_body()) {  // an answer without a body
            return *error_;
        }
        return Outcome{};
    }

    std::string reason(CURLcode code) const {
        return message_[0] != '\0' ? std::string(message_.data()) : std::string(curl_easy_strerror(code));
    }

    const DownloadRequest& request_;
    const std::string url_;
    const PartState part_;
    const bool redirected_;
    const int descriptor_;
    const DownloadListener& listener_;
    const std::stop_token& stop_;
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_;
    std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers_{nullptr, &curl_slist_free_all};
    std::string range_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    HttpAnswer answer_;
    std::optional<BodyPlan> plan_;  // set when the body was accepted
    std::int64_t done_ = 0;
    std::optional<Error> error_;
};

bool behind_proxy() {
    for (const char* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') {
            return true;
        }
    }
    return false;
}

Result<void> check_url(const std::string& url, const UrlParts& parts) {
    if (parts.scheme == "https" && !parts.has_credentials) {
        return {};
    }
    return Error{.code = "DL_URL",
                 .message = parts.scheme != "https"
                                ? "only https:// is fetched, found " + parts.scheme + "://; nothing was changed"
                                : "the address carries a name or a password, which would end up in lists and logs; "
                                  "nothing was changed; write it without",
                 .where = parts.has_credentials ? parts.host : url,
                 .kind = ErrorKind::bad_input};
}

Result<void> check_redirect(const std::string& target, const UrlParts& first, const std::string& url) {
    const auto refuse = [&](const char* code, const std::string& found) {
        return Error{.code = code,
                     .message = "the server redirects to " + found + "; nothing was changed",
                     .where = url,
                     .kind = ErrorKind::bad_input};
    };
    if (target.empty()) {
        return refuse("DL_REDIRECT", "nowhere");
    }
    const auto split = split_url(target);
    if (!split) {
        return refuse("DL_REDIRECT", "'" + target.substr(0, 200) + "'");
    }
    const UrlParts& parts = *split;
    if (parts.scheme != "https" || parts.has_credentials) {
        return refuse("DL_REDIRECT", parts.scheme + "://" + parts.host + ", allowed is https:// without a password");
    }
    const bool same_place = parts.host == first.host && parts.port == first.port;
    if (!same_place && (is_private_address(parts.host) || parts.host == "localhost")) {
        return refuse("DL_PRIVATE_ADDRESS",
                      parts.host + ", an address of this machine or a private network, which only you may name");
    }
    return {};
}

}  // namespace

void forget_part(const fs::path& part) {
    std::error_code ignored;
    fs::remove(part, ignored);
    fs::remove(note_path(part), ignored);
}

Result<void> download(const DownloadRequest& request, const DownloadListener& listener, std::stop_token stop) {
    static std::once_flag started;
    std::call_once(started, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    const UrlParts first = TANDEM_TRY(split_url(request.url));
    if (auto allowed = check_url(request.url, first); !allowed) {
        return allowed;
    }
    if (auto made = make_folder(request.part.parent_path()); !made) {
        return made;
    }
    const auto lock = FileLock::take(request.part.string() + ".lock");
    if (!lock) {
        return lock.error().code != "FILE_LOCKED"
                   ? lock.error()
                   : Error{.code = "DL_BUSY",
                           .message = "another process is fetching this; nothing was changed; wait for it",
                           .where = request.url,
                           .kind = ErrorKind::io};
    }
    const auto descriptor = TANDEM_TRY(Descriptor::open(request.part, O_RDWR | O_CREAT));
    PartState part = read_part(request);
    if (!is_strong(part.etag)) {
        part = {};
    }
    std::string url = request.url;
    bool elsewhere = false;
    for (int hop = 0; hop <= most_redirects; ++hop) {
        const bool watched = elsewhere && !behind_proxy();
        Transfer transfer(request, url, part, watched, descriptor.get(), listener, stop);
        const auto outcome = TANDEM_TRY(transfer.run());
        if (outcome.range_refused && part.bytes > 0) {
            part = {};  // the part does not fit the file any more: from the start, once
            continue;
        }
        if (outcome.range_refused) {
            return Error{.code = "DL_STATUS",
                         .message = "the server answered 416 to a plain request; nothing was changed",
                         .where = request.url,
                         .kind = ErrorKind::io};
        }
        if (!outcome.redirect) {
            return make_durable(request.part);
        }
        if (auto allowed = check_redirect(*outcome.redirect, first, request.url); !allowed) {
            return allowed;
        }
        url = *outcome.redirect;
        const UrlParts parts = TANDEM_TRY(split_url(url));
        elsewhere = parts.host != first.host || parts.port != first.port;
    }
    return Error{
        .code = "DL_REDIRECT",
        .message = "the server redirects more than " + std::to_string(most_redirects) + " times; nothing was changed",
        .where = request.url,
        .kind = ErrorKind::bad_input};
}

}  // namespace tandem::library
