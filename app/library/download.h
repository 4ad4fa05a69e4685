// One file over HTTPS, resumable. Only https, also after redirects; a redirect may not lead to a private, loopback or
// link-local address unless it stays on the host and port that the user named. No credentials are sent, no compressed
// transfer is accepted.
// Errors: DL_URL, DL_REDIRECT, DL_PRIVATE_ADDRESS, DL_STATUS, DL_HTML, DL_ENCODING, DL_RANGE, DL_CHANGED, DL_LENGTH,
// DL_TLS, DL_NETWORK, DL_DISK_FULL, DL_BUSY, FILE_*, CANCELLED; each says whether the part was kept.
// Thread rule: one download a thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "app/library/library.h"
#include "engine/api/result.h"

namespace tandem::library {

struct DownloadRequest {
    std::string url;
    // Where bytes gather; what it is a part of is kept beside it (.json), so that a later call goes on from there.
    std::filesystem::path part;
    std::filesystem::path ca_file;  // trusted in place of the system's authorities; empty: the system's
};

// On success the part holds the whole file, durable.
Result<void> download(const DownloadRequest& request, const DownloadListener& listener, std::stop_token stop);

// Removes a part and what is known of it.
void forget_part(const std::filesystem::path& part);

}  // namespace tandem::library
