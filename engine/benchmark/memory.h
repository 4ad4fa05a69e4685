// Memory of this process as the kernel counts it. Values are bytes; absent where the kernel does not say (not Linux,
// /proc hidden). Thread rule: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem {

// Resident now: VmRSS of /proc/self/status.
std::optional<std::int64_t> resident_bytes();

// Most that was resident at once since the process began or since reset_peak_resident(): VmHWM. The kernel keeps it, so
// no spike between two readings is missed.
std::optional<std::int64_t> peak_resident_bytes();

// Lets the peak start anew from what is resident now; false where the kernel does not allow it (some containers), and
// then the peak stays that of the whole process.
bool reset_peak_resident();

// "VmHWM:\t  1234 kB" in the text of a status file, in bytes. The kernel's kB are 1024 bytes.
std::optional<std::int64_t> status_bytes(std::string_view status, std::string_view key);

}  // namespace tandem
