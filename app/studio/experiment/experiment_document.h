// The experiment being edited. The YAML text is the truth; the form and the editor are two ways to change it. Each
// change is read at once by the experiment reader, so the text has either a meaning (spec) or a named problem.
// Thread rule: the window's thread.
#pragma once

#include <QObject>
#include <QString>
#include <optional>
#include <string>

#include "experiments/spec/spec.h"

namespace tandem::studio {

class ExperimentDocument : public QObject {
    Q_OBJECT
public:
    explicit ExperimentDocument(QObject* parent = nullptr);

    enum class Origin { editor, form, file };

    const std::string& text() const { return text_; }
    const std::optional<ExperimentSpec>& spec() const { return spec_; }
    const std::optional<Error>& error() const { return error_; }
    bool is_empty() const;
    bool is_modified() const { return text_ != saved_text_; }
    // Empty for a text that was never saved.
    const QString& path() const { return path_; }
    // What paths in the text start from, and what errors call it.
    std::string file_name() const;

    void set_text(std::string text, Origin origin);
    void set_spec(const ExperimentSpec& spec);  // from the form
    // A new experiment that is not a file yet.
    void start(std::string text);
    Result<void> open(const QString& path);
    Result<void> save(const QString& path);

signals:
    // The text and its meaning have changed.
    void changed(tandem::studio::ExperimentDocument::Origin origin);
    // Path or modified state have changed.
    void title_changed();

private:
    void read();

    std::string text_;
    std::string saved_text_;
    QString path_;
    std::optional<ExperimentSpec> spec_;
    std::optional<Error> error_;
};

}  // namespace tandem::studio
