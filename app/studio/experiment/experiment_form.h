// The experiment as a form. It holds a draft of the experiment, writes it into the document at each change and takes
// the document's meaning over when the text was changed elsewhere. While the text has a problem that the form did not
// make, the form is closed and says why. Thread rule: the window's thread.
#pragma once

#include <QScrollArea>

#include "app/studio/experiment/experiment_document.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace tandem::studio {

class KnobForm;
class ModelSection;
class PairingSection;
class ProblemLabel;
class SweepSection;
class WorkloadSection;

class ExperimentForm : public QScrollArea {
    Q_OBJECT
public:
    explicit ExperimentForm(ExperimentDocument& document, QWidget* parent = nullptr);

    ModelSection& models() { return *models_; }
    void add_model_source(const std::string& source);
    const ExperimentSpec& draft() const { return draft_; }
    bool is_open() const;

private:
    QVBoxLayout* add_section(const QString& title, QWidget* content);
    void build_names(QVBoxLayout* column);
    void build_target(QVBoxLayout* column);
    void take_over(ExperimentDocument::Origin origin);
    void show_draft();
    void show_target();
    void show_problems();
    void write();
    void write_and_show();
    void change_seeds();

    ExperimentDocument& document_;
    ExperimentSpec draft_;
    QWidget* body_;
    QLabel* closed_;
    QLineEdit* name_;
    QLineEdit* description_;
    ModelSection* models_;
    PairingSection* pairings_;
    QComboBox* target_;
    KnobForm* target_knobs_;
    WorkloadSection* workloads_;
    KnobForm* load_knobs_;
    SweepSection* sweep_;
    QLineEdit* seeds_;
    ProblemLabel* seeds_problem_;
    KnobForm* execution_knobs_;
};

}  // namespace tandem::studio
