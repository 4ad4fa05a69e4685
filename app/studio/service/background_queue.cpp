#include "app/studio/service/background_queue.h"

#include <QMetaObject>

namespace tandem::studio {

BackgroundQueue::BackgroundQueue()
    : gate_(std::make_unique<QObject>()), thread_([this](const std::stop_token& ending) { loop(ending); }) {}

BackgroundQueue::~BackgroundQueue() {
    {
        const std::lock_guard lock(mutex_);
        jobs_.clear();
        current_.request_stop();
    }
    thread_.request_stop();
    thread_.join();
}

std::stop_source BackgroundQueue::push(Work work) {
    std::stop_source stop;
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back({std::move(work), stop});
    }
    changed_.notify_one();
    return stop;
}

void BackgroundQueue::deliver(std::function<void()> call) {
    QMetaObject::invokeMethod(gate_.get(), std::move(call), Qt::QueuedConnection);
}

void BackgroundQueue::loop(const std::stop_token& ending) {
    while (true) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, ending, [this] { return !jobs_.empty(); }) || ending.stop_requested()) {
                return;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
            current_ = job.stop;
        }
        job.work(job.stop.get_token());
    }
}

}  // namespace tandem::studio
