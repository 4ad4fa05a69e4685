// The model library for the window: what is there, and adding to it with progress. Thread rule: the window's thread.
#pragma once

#include <QObject>
#include <QString>
#include <atomic>
#include <stop_token>
#include <string>
#include <vector>

#include "app/studio/service/background_queue.h"
#include "app/studio/service/services.h"

namespace tandem::studio {

class ModelsController : public QObject {
    Q_OBJECT
public:
    explicit ModelsController(ModelService& service, QObject* parent = nullptr);

    void refresh();
    const std::vector<LibraryEntry>& library() const { return library_; }
    const std::vector<std::string>& shapes() const { return shapes_; }
    const std::vector<std::string>& catalogue() const { return catalogue_; }
    bool can_fetch(const std::string& name) const;

    enum class Terms { not_read, accepted };
    // One at a time; a second call while one is going on does nothing.
    void add(const std::string& source, Terms terms = Terms::not_read);
    void cancel();
    bool is_adding() const { return adding_; }

signals:
    void library_changed();
    void progress(const QString& what, double fraction);  // below 0: not known
    void added(const tandem::LibraryEntry& entry);
    void add_failed(const std::string& source, const tandem::Error& error);
    void failed(const tandem::Error& error);

private:
    void pass_progress(const DownloadProgress& progress);

    ModelService& service_;
    std::vector<LibraryEntry> library_;
    std::vector<std::string> shapes_;
    std::vector<std::string> catalogue_;
    bool adding_ = false;
    std::stop_source add_stop_;
    std::atomic<std::int64_t> last_progress_ms_ = 0;
    BackgroundQueue queue_;  // last: its end waits for work that uses the rest
};

}  // namespace tandem::studio
