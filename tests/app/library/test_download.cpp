#include "app/library/download.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

#include "app/library/http_answer.h"
#include "app/library/library.h"
#include "tests/app/library/library_fixture.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using test::read_file;
using test::small_gguf;
using test::TemporaryFolder;
using test::write_file;

// tests/app/library/https_server.py on a port of its own, with a certificate made for it.
class Server {
public:
    explicit Server(const TemporaryFolder& folder) : certificate_(folder / "server.pem") {
        content_ = small_gguf(5000);  // 1.2 MB: several reads
        write_file(folder / "content", content_);
        const std::string key = folder / "server.key";
        const std::string command =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
            "-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout " +
            key + " -out " + certificate_.string() + " 2>/dev/null";
        EXPECT_EQ(std::system(command.c_str()), 0);
        int ends[2];
        EXPECT_EQ(pipe(ends), 0);
        process_ = fork();
        if (process_ == 0) {
            dup2(ends[1], STDOUT_FILENO);
            const std::string script = TANDEM_SOURCE_DIR "/tests/app/library/https_server.py";
            const std::string content = folder / "content";
            execlp("python3", "python3", script.c_str(), certificate_.c_str(), key.c_str(), content.c_str(), nullptr);
            _exit(127);
        }
        close(ends[1]);
        std::FILE* out = fdopen(ends[0], "r");
        EXPECT_EQ(std::fscanf(out, "%d", &port_), 1);
        std::fclose(out);
    }
    ~Server() {
        kill(process_, SIGTERM);
        waitpid(process_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::string url(const std::string& name) const {
        return "https://127.0.0.1:" + std::to_string(port_) + "/" + name + ".gguf";
    }
    const fs::path& certificate() const { return certificate_; }
    const std::string& content() const { return content_; }

private:
    fs::path certificate_;
    std::string content_;
    pid_t process_ = -1;
    int port_ = 0;
};

// Only where this machine's own name resolves can a test lead there by name.
bool hostname_is_private() {
    std::array<char, 256> name{};
    addrinfo* found = nullptr;
    const addrinfo wanted{.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    if (gethostname(name.data(), name.size() - 1) != 0 || getaddrinfo(name.data(), nullptr, &wanted, &found) != 0) {
        return false;
    }
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(found->ai_addr)->sin_addr, text.data(), text.size());
    freeaddrinfo(found);
    return library::is_private_address(text.data());
}

class Download : public testing::Test {
protected:
    Result<void> fetch(const std::string& name) {
        return library::download({.url = server_.url(name), .part = part(), .ca_file = server_.certificate()}, {}, {});
    }
    std::string refusal(const std::string& name) {
        const auto fetched = fetch(name);
        return fetched.ok() ? "fetched" : fetched.error().code;
    }
    fs::path part() const { return folder_ / "x.part"; }

    TemporaryFolder folder_;
    Server server_{folder_};
};

TEST_F(Download, a_file_comes_whole) {
    ASSERT_TRUE(fetch("good").ok());
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, a_cut_transfer_is_kept_and_goes_on_where_it_stopped) {
    EXPECT_EQ(refusal("cut"), "DL_LENGTH");
    EXPECT_EQ(fs::file_size(part()), server_.content().size() / 2);
    std::int64_t first = -1;
    const auto resumed =
        library::download({.url = server_.url("cut"), .part = part(), .ca_file = server_.certificate()},
                          [&](const DownloadProgress& news) { first = first < 0 ? news.done_bytes : first; }, {});
    ASSERT_TRUE(resumed.ok()) << resumed.error().to_string();
    EXPECT_GT(first, static_cast<std::int64_t>(server_.content().size() / 2));
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, a_file_that_changed_meanwhile_is_fetched_from_its_start) {
    EXPECT_EQ(refusal("moved"), "DL_LENGTH");
    ASSERT_TRUE(fetch("moved").ok());
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, a_range_of_another_version_is_refused_and_the_part_thrown_away) {
    EXPECT_EQ(refusal("lying"), "DL_LENGTH");
    EXPECT_EQ(refusal("lying"), "DL_CHANGED");
    EXPECT_FALSE(fs::exists(part()));
}

TEST_F(Download, a_server_that_ignores_ranges_gives_the_whole_file) {
    EXPECT_EQ(refusal("ignored"), "DL_LENGTH");
    ASSERT_TRUE(fetch("ignored").ok());
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, another_range_than_asked_for_is_refused_and_the_part_kept) {
    EXPECT_EQ(refusal("elsewhere"), "DL_LENGTH");
    EXPECT_EQ(refusal("elsewhere"), "DL_RANGE");
    EXPECT_EQ(read_file(part()), server_.content().substr(0, server_.content().size() / 2));
}

TEST_F(Download, a_weak_tag_is_no_ground_to_resume_on) {
    EXPECT_EQ(refusal("weak"), "DL_LENGTH");
    std::int64_t first = -1;
    ASSERT_TRUE(library::download({.url = server_.url("weak"), .part = part(), .ca_file = server_.certificate()},
                                  [&](const DownloadProgress& news) { first = first < 0 ? news.done_bytes : first; },
                                  {})
                    .ok());
    EXPECT_LT(first, static_cast<std::int64_t>(server_.content().size() / 2));
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, pages_compression_and_errors_are_refused_by_name) {
    EXPECT_EQ(refusal("html"), "DL_HTML");
    EXPECT_EQ(refusal("gzip"), "DL_ENCODING");
    EXPECT_EQ(refusal("missing"), "DL_STATUS");
    EXPECT_EQ(refusal("huge"), "DL_DISK_FULL");
}

TEST_F(Download, redirects_lead_only_to_https_and_to_no_private_address) {
    EXPECT_EQ(refusal("to-http"), "DL_REDIRECT");
    EXPECT_EQ(refusal("to-file"), "DL_REDIRECT");
    EXPECT_EQ(refusal("to-link-local"), "DL_PRIVATE_ADDRESS");
    EXPECT_EQ(refusal("to-loopback"), "DL_PRIVATE_ADDRESS");
    if (hostname_is_private()) {
        EXPECT_EQ(refusal("to-name"), "DL_PRIVATE_ADDRESS") << "a name that resolves to this machine";
    }
    EXPECT_EQ(refusal("loop"), "DL_REDIRECT");
    EXPECT_EQ(refusal("to-good"), "fetched");
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, a_server_that_nobody_vouches_for_is_refused) {
    const auto fetched = library::download({.url = server_.url("good"), .part = part()}, {}, {});
    EXPECT_EQ(fetched.error().code, "DL_TLS");
}

TEST_F(Download, other_schemes_and_passwords_in_addresses_are_refused) {
    for (const char* url : {"http://127.0.0.1/x.gguf", "ftp://127.0.0.1/x", "file:///etc/passwd", "://", "https://",
                            "https://user:secret@127.0.0.1/x.gguf"}) {
        const auto fetched = library::download({.url = url, .part = part()}, {}, {});
        ASSERT_FALSE(fetched.ok()) << url;
        EXPECT_EQ(fetched.error().code, "DL_URL") << url;
        EXPECT_EQ(fetched.error().to_string().find("secret"), std::string::npos);
    }
}

TEST_F(Download, a_stop_request_ends_it_and_keeps_what_came) {
    std::stop_source stop;
    const auto fetched = library::download(
        {.url = server_.url("good"), .part = part(), .ca_file = server_.certificate()},
        [&](const DownloadProgress&) { stop.request_stop(); }, stop.get_token());
    if (!fetched.ok()) {  // the last bytes may have come in the same moment
        EXPECT_EQ(fetched.error().code, "CANCELLED");
    }
    EXPECT_TRUE(fetch("good").ok());
    EXPECT_EQ(read_file(part()), server_.content());
}

TEST_F(Download, the_library_names_a_file_only_after_its_sum_and_content_are_right) {
    auto library = Library::open(folder_ / "home");
    ASSERT_TRUE(library.ok());
    const AddOptions trusted{.ca_file = server_.certificate()};
    const auto add = [&](const std::string& name, AddOptions options) {
        return library->add(server_.url(name), "", {}, {}, options);
    };
    AddOptions wrong = trusted;
    wrong.sha256 = std::string(64, '0');
    EXPECT_EQ(add("good", wrong).error().code, "DL_SUM");
    EXPECT_EQ(add("html-unnamed", trusted).error().code, "NOT_A_MODEL");
    EXPECT_EQ(add("truncated", trusted).error().code, "GGUF_DATA_PAST_EOF");
    EXPECT_TRUE(library->entries().empty());
    EXPECT_TRUE(!fs::exists(folder_ / "home/models") || fs::is_empty(folder_ / "home/models"));
    for (const auto& left : fs::directory_iterator(folder_ / "home/downloads")) {
        EXPECT_EQ(left.path().extension(), ".lock") << left.path();
    }
    const auto added = add("good", trusted);
    ASSERT_TRUE(added.ok()) << added.error().to_string();
    EXPECT_EQ(added->name, "good");
    EXPECT_EQ(read_file(added->location), server_.content());
}

}  // namespace
}  // namespace tandem
