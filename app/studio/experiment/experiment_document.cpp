#include "app/studio/experiment/experiment_document.h"

#include <QDir>
#include <QFileInfo>
#include <QSaveFile>

#include "app/studio/experiment/write_experiment.h"
#include "experiments/spec/document.h"
#include "experiments/spec/yaml_tree.h"

namespace tandem::studio {

ExperimentDocument::ExperimentDocument(QObject* parent) : QObject(parent) {}

bool ExperimentDocument::is_empty() const {
    return text_.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::string ExperimentDocument::file_name() const {
    const QString name = path_.isEmpty() ? QDir::current().filePath(QStringLiteral("untitled.yaml")) : path_;
    return name.toStdString();
}

void ExperimentDocument::set_text(std::string text, Origin origin) {
    if (text == text_) {
        return;
    }
    const bool was_modified = is_modified();
    text_ = std::move(text);
    read();
    emit changed(origin);
    if (was_modified != is_modified()) {
        emit title_changed();
    }
}

void ExperimentDocument::set_spec(const ExperimentSpec& spec) {
    set_text(write_experiment(spec), Origin::form);
}

void ExperimentDocument::start(std::string text) {
    path_.clear();
    text_ = std::move(text);
    saved_text_ = text_;
    read();
    emit changed(Origin::file);
    emit title_changed();
}

Result<void> ExperimentDocument::open(const QString& path) {
    auto text = read_text_file(path.toStdString(), max_yaml_bytes);
    if (!text) {
        return text.error();
    }
    start(std::move(*text));
    path_ = QFileInfo(path).absoluteFilePath();
    read();  // paths in the text start from its folder
    emit changed(Origin::file);
    emit title_changed();
    return {};
}

Result<void> ExperimentDocument::save(const QString& path) {
    QSaveFile file(path);
    const bool written =
        file.open(QIODevice::WriteOnly) &&
        file.write(text_.data(), static_cast<qint64>(text_.size())) == static_cast<qint64>(text_.size()) &&
        file.commit();
    if (!written) {
        return Error{.code = "FILE_WRITE",
                     .message = "the experiment could not be saved: " + file.errorString().toStdString() +
                                "; the text is unchanged in the window",
                     .where = path.toStdString(),
                     .kind = ErrorKind::io};
    }
    path_ = QFileInfo(path).absoluteFilePath();
    saved_text_ = text_;
    read();
    emit changed(Origin::file);
    emit title_changed();
    return {};
}

void ExperimentDocument::read() {
    spec_.reset();
    error_.reset();
    if (is_empty()) {
        return;
    }
    auto spec = parse_experiment(text_, file_name());
    if (spec) {
        spec_ = std::move(*spec);
    } else {
        error_ = std::move(spec).error();
    }
}

}  // namespace tandem::studio
