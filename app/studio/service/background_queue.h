// One thread that does blocking work in order and hands each result to an object in the window's thread.
// Thread rule: made, used and destroyed in the window's thread; `work` runs on the queue's own. The destructor asks the
// running work to stop, drops what waits and returns when the running work has ended.
#pragma once

#include <QObject>
#include <QPointer>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace tandem::studio {

class BackgroundQueue {
public:
    BackgroundQueue();
    ~BackgroundQueue();
    BackgroundQueue(const BackgroundQueue&) = delete;
    BackgroundQueue& operator=(const BackgroundQueue&) = delete;

    // done(result) is called later in the window's thread, unless `receiver` has gone by then. What is returned asks
    // this work to stop, also before it has begun.
    template <class Work, class Done>
    std::stop_source post(Work work, QObject* receiver, Done done) {
        return push([this, work = std::move(work), receiver = QPointer<QObject>(receiver),
                     done = std::move(done)](const std::stop_token& stop) mutable {
            using Value = decltype(work(stop));
            auto value = std::make_shared<Value>(work(stop));
            deliver([value, receiver, done = std::move(done)]() mutable {
                if (receiver) {
                    done(std::move(*value));
                }
            });
        });
    }

private:
    using Work = std::function<void(const std::stop_token&)>;
    struct Job {
        Work work;
        std::stop_source stop;
    };
    std::stop_source push(Work work);
    void deliver(std::function<void()> call);
    void loop(const std::stop_token& ending);

    std::unique_ptr<QObject> gate_;  // lives in the window's thread and takes its calls there
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Job> jobs_;
    std::stop_source current_;
    std::jthread thread_;
};

}  // namespace tandem::studio
