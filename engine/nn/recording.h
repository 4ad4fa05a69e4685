// Whether forward passes keep what a backward pass needs. Inference never does, whoever calls; training asks for it by
// a Recording around its pass. Thread rule: a scope of its own thread.
#pragma once

#include <c10/core/GradMode.h>

namespace tandem {

// While one lives, forward passes of this thread record autograd, unless a NoGradGuard stands inside it. The cache of
// such a pass is one of KvCache::for_one_pass: what is written in place has no gradient.
class Recording {
public:
    Recording() : before_(on()) { on() = true; }
    ~Recording() { on() = before_; }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

    static bool is_on() { return on(); }

private:
    static bool& on() {
        thread_local bool recording = false;
        return recording;
    }
    bool before_;
};

// At the top of a forward pass: no autograd, but inside a Recording.
class NoGradUnlessRecording {
    c10::AutoGradMode mode_{Recording::is_on() && c10::GradMode::is_enabled()};
};

}  // namespace tandem
