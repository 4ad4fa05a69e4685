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

void BackgroundQueue::stop_current() {
    const std::lock_guard lock(mutex_);
    current_.request_stop();
}

std::size_t BackgroundQueue::waiting() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
}

void BackgroundQueue::push(Job job) {
    {
        const std::lock_guard lock(mutex_);
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
}

void BackgroundQueue::deliver(std::function<void()> call) {
    QMetaObject::invokeMethod(gate_.get(), std::move(call), Qt::QueuedConnection);
}

void BackgroundQueue::loop(const std::stop_token& ending) {
    while (true) {
        Job job;
        std::stop_token stop;
        {
            std::unique_lock lock(mutex_);
            if (!changed_.wait(lock, ending, [this] { return !jobs_.empty(); }) || ending.stop_requested()) {
                return;
            }
            job = std::move(jobs_.front());
            jobs_.pop_front();
            current_ = std::stop_source();
            stop = current_.get_token();
        }
        job(stop);
    }
}

}  // namespace tandem::studio
