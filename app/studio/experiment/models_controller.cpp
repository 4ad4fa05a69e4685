#include "app/studio/experiment/models_controller.h"

#include <QMetaObject>
#include <algorithm>
#include <chrono>

namespace tandem::studio {
namespace {

constexpr std::int64_t progress_interval_ms = 50;

}  // namespace

ModelsController::ModelsController(ModelService& service, QObject* parent)
    : QObject(parent), service_(service), shapes_(service.shapes()), catalogue_(service.catalogue()) {}

void ModelsController::refresh() {
    queue_.post([this](const std::stop_token&) { return service_.models(); }, this,
                [this](Result<std::vector<LibraryEntry>> result) {
                    if (!result) {
                        emit failed(result.error());
                        return;
                    }
                    library_ = std::move(*result);
                    emit library_changed();
                });
}

bool ModelsController::can_fetch(const std::string& name) const {
    const bool known = std::find(catalogue_.begin(), catalogue_.end(), name) != catalogue_.end();
    return known && std::none_of(library_.begin(), library_.end(),
                                 [&](const LibraryEntry& entry) { return entry.name == name; });
}

void ModelsController::add(const std::string& source, Terms terms) {
    if (adding_) {
        return;
    }
    adding_ = true;
    last_progress_ms_ = 0;
    emit progress(QString::fromStdString(source), -1);
    add_stop_ = queue_.post(
        [this, source, terms](const std::stop_token& stop) {
            return service_.add(
                source, terms == Terms::accepted, [this](const DownloadProgress& news) { pass_progress(news); }, stop);
        },
        this,
        [this, source](Result<LibraryEntry> result) {
            adding_ = false;
            if (result) {
                emit added(*result);
                refresh();
            } else {
                emit add_failed(source, result.error());
            }
        });
}

void ModelsController::cancel() {
    add_stop_.request_stop();
}

// From the background thread; a fast download would otherwise fill the window's queue.
void ModelsController::pass_progress(const DownloadProgress& news) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const std::int64_t now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const bool complete = news.total_bytes > 0 && news.done_bytes >= news.total_bytes;
    if (!complete && now_ms - last_progress_ms_ < progress_interval_ms) {
        return;
    }
    last_progress_ms_ = now_ms;
    const double fraction =
        news.total_bytes > 0 ? static_cast<double>(news.done_bytes) / static_cast<double>(news.total_bytes) : -1;
    QMetaObject::invokeMethod(
        this,
        [this, what = QString::fromStdString(news.what), fraction] {
            if (adding_) {
                emit progress(what, fraction);
            }
        },
        Qt::QueuedConnection);
}

}  // namespace tandem::studio
