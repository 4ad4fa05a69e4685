// Stop strings over a stream of text: what may be shown is released, what may yet turn out to be the beginning of a
// stop string is held back, and nothing from the stop string on is ever released. However the text is cut into pieces,
// the outcome is the same: the stop string that is complete first counts, and of several that end together the
// longest. Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

class StopText {
public:
    // No stop string may be empty.
    explicit StopText(std::vector<std::string> stops) : stops_(std::move(stops)) {}

    // Takes the next piece and returns what became certain. After hit() nothing more is taken or released.
    std::string push(std::string_view piece);
    // The text ended without a stop string: what was held back.
    std::string finish();
    bool hit() const { return hit_; }

private:
    std::vector<std::string> stops_;
    std::string held_;
    bool hit_ = false;
};

}  // namespace tandem
