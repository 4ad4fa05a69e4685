#include "db/store/store.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <variant>

#include "db/store/connection.h"
#include "db/store/event_writer.h"
#include "db/store/open.h"
#include "db/store/plan_writer.h"
#include "db/store/run_lock.h"

namespace tandem {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t queue_bytes = 64 * 1024 * 1024;  // of what waits in memory

std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

// The parts of an event whose length is the worker's choice.
std::size_t payload_bytes(const TrialEvent& event) {
    if (const auto* observation = std::get_if<Observation>(&event.body)) {
        return observation->text.size();
    }
    if (const auto* line = std::get_if<LogLine>(&event.body)) {
        return line->text.size();
    }
    const auto* artefact = std::get_if<ArtefactProduced>(&event.body);
    return artefact == nullptr ? 0 : artefact->bytes.size();
}

// Work on the writer's thread between two batches, in a transaction of its own.
struct Request {
    std::function<Result<void>(const db::Connection&)> work;
    std::promise<Result<void>> done;
};

using Item = std::variant<TrialEvent, std::unique_ptr<Request>>;

class SqliteStore final : public Store {
public:
    SqliteStore(std::filesystem::path path, StoreOptions options, std::unique_ptr<db::Connection> connection,
                std::unique_ptr<db::EventWriter> writer)
        : path_(std::move(path)), options_(options), connection_(std::move(connection)), writer_(std::move(writer)) {
        sqlite3_wal_hook(connection_->handle(), &SqliteStore::count_wal_pages, &wal_pages_);
        thread_ = std::thread([this] { write_until_stopped(); });
    }

    ~SqliteStore() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        work_arrived_.notify_one();
        thread_.join();
    }

    Result<void> submit(TrialEvent event) override {
        const std::size_t bytes = payload_bytes(event);
        std::unique_lock lock(mutex_);
        room_made_.wait(lock, [&] { return error_ || has_room(bytes); });
        if (error_) {
            return *error_;
        }
        queued_bytes_ += bytes;
        enqueue(std::move(event));
        return {};
    }

    Result<void> flush() override {
        std::unique_lock lock(mutex_);
        const std::uint64_t ticket = submitted_;
        urgent_ = !queue_.empty();
        work_arrived_.notify_one();
        committed_.wait(lock, [&] { return error_ || durable_ >= ticket; });
        // What was durable before an error stays so, but the caller must hear of it.
        return error_ ? Result<void>(*error_) : Result<void>();
    }

    void on_durable(std::function<void(const std::vector<DurableMark>&)> callback) override {
        const std::lock_guard lock(mutex_);
        callback_ = std::move(callback);
    }

    Result<std::int64_t> record_plan(const ExperimentSpec& spec, const Plan& plan) override {
        return on_writer<std::int64_t>(
            [&](const db::Connection& connection) { return db::write_plan(connection, spec, plan, now_ms()); });
    }

    Result<std::map<std::string, TrialHistory>> history() override {
        return on_writer<std::map<std::string, TrialHistory>>(
            [](const db::Connection& connection) { return db::read_history(connection); });
    }

    Result<std::int64_t> close_abandoned_attempts() override {
        return on_writer<std::int64_t>([this](const db::Connection& connection) -> Result<std::int64_t> {
            if (!run_lock_) {
                run_lock_.emplace(TANDEM_TRY(db::RunLock::acquire(path_)));
            }
            return db::fail_running_attempts(connection, now_ms());
        });
    }

    const std::filesystem::path& path() const override { return path_; }

private:
    static int count_wal_pages(void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
    }

    // One thing that is larger than the bound still passes, alone.
    bool has_room(std::size_t bytes) const {
        return static_cast<std::int64_t>(queue_.size()) < options_.queue_events &&
               (queued_bytes_ == 0 || queued_bytes_ + bytes <= queue_bytes);
    }

    void enqueue(Item item) {
        if (queue_.empty()) {
            oldest_ = Clock::now();
        }
        queue_.push_back(std::move(item));
        ++submitted_;
        const auto waiting = static_cast<std::int64_t>(queue_.size());
        if (waiting == 1 || waiting == options_.batch_events || urgent_) {
            work_arrived_.notify_one();
        }
    }

    template <class Value>
    Result<Value> on_writer(const std::function<Result<Value>(const db::Connection&)>& work) {
        std::optional<Value> value;
        auto request = std::make_unique<Request>();
        request->work = [&](const db::Connection& connection) -> Result<void> {
            value.emplace(TANDEM_TRY(work(connection)));
            return {};
        };
        std::future<Result<void>> done = request->done.get_future();
        {
            const std::lock_guard lock(mutex_);
            if (error_) {
                return *error_;
            }
            urgent_ = true;
            enqueue(std::move(request));
        }
        if (auto result = done.get(); !result) {
            return result.error();
        }
        return std::move(*value);
    }

    // --- writer's thread ---

    void write_until_stopped() {
        std::unique_lock lock(mutex_);
        while (true) {
            work_arrived_.wait(lock, [&] { return !queue_.empty() || stopping_; });
            if (queue_.empty()) {
                return;
            }
            work_arrived_.wait_until(lock, oldest_ + std::chrono::milliseconds(options_.batch_interval_ms), [&] {
                return urgent_ || stopping_ || static_cast<std::int64_t>(queue_.size()) >= options_.batch_events;
            });
            std::deque<Item> batch = std::exchange(queue_, {});
            const std::uint64_t last = submitted_;
            queued_bytes_ = 0;
            urgent_ = false;
            const bool refused = error_.has_value();
            lock.unlock();
            room_made_.notify_all();
            if (!refused) {
                write_batch(batch);
            }
            refuse_requests(batch);
            lock.lock();
            durable_ = last;
            committed_.notify_all();
        }
    }

    void write_batch(std::deque<Item>& batch) {
        auto next = batch.begin();
        while (next != batch.end()) {
            const auto request = std::find_if(next, batch.end(), [](const Item& item) {
                return std::holds_alternative<std::unique_ptr<Request>>(item);
            });
            if (next != request) {
                if (auto written = write_events(next, request); !written) {
                    return fail(written.error());
                }
            }
            next = request;
            if (request != batch.end()) {
                auto& [work, done] = *std::get<std::unique_ptr<Request>>(*request);
                auto result = work(*connection_);
                // Somebody else's lock is not our disk failing: the caller may try again.
                const bool fatal =
                    !result && result.error().code != "DB_LOCKED" && result.error().code != "DB_READ_ONLY";
                if (fatal) {
                    fail(result.error());
                }
                done.set_value(std::move(result));
                std::get<std::unique_ptr<Request>>(*request).reset();
                ++next;
                if (fatal) {
                    return;
                }
            }
        }
        if (auto moved = checkpoint(); !moved) {
            fail(moved.error());
        }
    }

    Result<void> write_events(std::deque<Item>::iterator next, std::deque<Item>::iterator end) {
        db::Transaction transaction = TANDEM_TRY(db::Transaction::begin(*connection_));
        for (; next != end; ++next) {
            if (auto written = writer_->write(std::get<TrialEvent>(*next)); !written) {
                return written;
            }
        }
        if (auto committed = transaction.commit(); !committed) {
            return committed;
        }
        const std::vector<DurableMark> marks = writer_->take_marks();
        if (callback_) {
            callback_(marks);
        }
        return {};
    }

    // SQLite's own checkpoints hide a failed fsync, after which a page may be lost without a trace; ours stop the
    // store.
    Result<void> checkpoint() {
        if (wal_pages_ < options_.checkpoint_pages) {
            return {};
        }
        wal_pages_ = 0;
        const int code =
            sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
        if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
            return {};
        }
        return connection_->error(code, "moving the write-ahead log into the database");
    }

    void fail(const Error& error) {
        // The log may hold the only good copy of a page: leave it for the next open to read.
        sqlite3_db_config(connection_->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        {
            const std::lock_guard lock(mutex_);
            error_ = error;
        }
        room_made_.notify_all();
        committed_.notify_all();
    }

    void refuse_requests(std::deque<Item>& batch) {
        for (Item& item : batch) {
            auto* request = std::get_if<std::unique_ptr<Request>>(&item);
            if (request != nullptr && *request) {
                const std::lock_guard lock(mutex_);
                (*request)->done.set_value(*error_);
            }
        }
    }

    const std::filesystem::path path_;
    const StoreOptions options_;

    // Of the writer's thread.
    std::optional<db::RunLock> run_lock_;  // given up after the connection is closed
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<db::EventWriter> writer_;
    int wal_pages_ = 0;
    std::function<void(const std::vector<DurableMark>&)> callback_;  // set before the first submit

    // Shared, under mutex_.
    std::mutex mutex_;
    std::condition_variable work_arrived_, room_made_, committed_;
    std::deque<Item> queue_;
    Clock::time_point oldest_;      // when the queue's first item came
    std::size_t queued_bytes_ = 0;  // of texts and artefacts
    std::uint64_t submitted_ = 0;   // items ever queued
    std::uint64_t durable_ = 0;     // items ever written, or refused with error_
    bool urgent_ = false;           // somebody waits: do not gather a batch
    bool stopping_ = false;
    std::optional<Error> error_;  // the first failure; nothing is accepted or acknowledged after it

    std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& path, StoreOptions options) {
    std::error_code failed;
    const std::filesystem::path absolute = std::filesystem::absolute(path, failed);
    if (failed) {
        return Error{.code = "DB_IO",
                     .message = "cannot resolve the path of the database (" + failed.message() + ")",
                     .where = path.string(),
                     .kind = ErrorKind::io};
    }
    options.queue_events = std::max<std::int64_t>(options.queue_events, 1);
    auto connection = TANDEM_TRY(db::open_for_writing(absolute, options.busy_timeout_ms));
    auto writer = TANDEM_TRY(db::EventWriter::create(*connection));
    return std::unique_ptr<Store>(
        std::make_unique<SqliteStore>(absolute, options, std::move(connection), std::move(writer)));
}

}  // namespace tandem
