// The experiment as a form. It holds a draft of the experiment, writes it into the document at each change and takes
// the document's meaning over when the text was changed elsewhere. While the text has a problem that the form did not
// make, the form is closed and says why. Thread rule: the window's thread.
#pragma once

#include <QScrollArea>

#include "app/studio/experiment/experiment_document.h"

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace tandem::studio {

class KnobForm;
class ModelSection;
class SweepSection;

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
    void build_workload(QVBoxLayout* column);
    void take_over(ExperimentDocument::Origin origin);
    void show_draft();
    void show_target();
    void show_workload();
    void write();
    void change_workload_knob(const std::string& knob);
    void change_seeds();

    ExperimentDocument& document_;
    ExperimentSpec draft_;
    QWidget* body_;
    QLabel* closed_;
    QLineEdit* name_;
    QLineEdit* description_;
    ModelSection* models_;
    QComboBox* target_;
    KnobForm* target_knobs_;
    QComboBox* workload_;
    QPushButton* remove_workload_;
    QVBoxLayout* workload_place_;
    KnobForm* workload_knobs_ = nullptr;
    KnobForm* load_knobs_;
    SweepSection* sweep_;
    QLineEdit* seeds_;
    QLabel* seeds_problem_;
    KnobForm* execution_knobs_;
};

}  // namespace tandem::studio
