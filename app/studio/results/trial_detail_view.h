// Everything stored about one trial, as text that can be read and copied: state, error and log first. Thread rule: the
// window's thread.
#pragma once

#include <QPlainTextEdit>

#include "db/queries/queries.h"

namespace tandem::studio {

class TrialDetailView : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit TrialDetailView(QWidget* parent = nullptr);
    void show_trial(const TrialDetail& detail);
};

QString trial_detail_text(const TrialDetail& detail);

}  // namespace tandem::studio
