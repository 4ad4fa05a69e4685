// The workloads of an experiment: which one is shown, its name, the pairings it is run with and its knobs. It changes
// the draft that the form writes. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>

#include "app/studio/experiment/form_problems.h"
#include "experiments/spec/spec.h"

class QComboBox;
class QPushButton;
class QVBoxLayout;

namespace tandem::studio {

class KnobForm;
class NameField;
class PairingChoice;
class ProblemLabel;

class WorkloadSection : public QWidget {
    Q_OBJECT
public:
    // `draft` lives longer than the section.
    explicit WorkloadSection(ExperimentSpec& draft, QWidget* parent = nullptr);

    void show_draft();
    void show_problems(FormProblems problems);

signals:
    void edited();        // the shown workload's values
    void restructured();  // which workloads there are, and their names

private:
    void show_workload();
    void mark_problems();
    WorkloadSpec* workload();  // null: there is none
    void add(std::string_view kind);
    void remove();
    void rename(const std::string& name);
    void take_pairings(const std::vector<std::string>& pairings);
    void take_knob_of(const std::string& knob);

    ExperimentSpec& draft_;
    FormProblems problems_;
    QComboBox* box_;
    QPushButton* remove_;
    QWidget* fields_;
    NameField* name_;
    PairingChoice* pairings_;
    QVBoxLayout* knob_place_;
    KnobForm* knobs_ = nullptr;
    ProblemLabel* problem_;
};

}  // namespace tandem::studio
