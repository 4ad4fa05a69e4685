// The pairings of an experiment: the list of them and the chosen one's fields. It changes the draft that the form
// writes. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>

#include "app/studio/experiment/form_problems.h"
#include "experiments/spec/spec.h"

class QListWidget;
class QPushButton;

namespace tandem::studio {

class PairingFields;

class PairingSection : public QWidget {
    Q_OBJECT
public:
    // `draft` lives longer than the section.
    explicit PairingSection(ExperimentSpec& draft, QWidget* parent = nullptr);

    void show_draft();
    void show_problems(FormProblems problems);
    void choose(int row);

signals:
    void edited();        // the chosen pairing's values
    void restructured();  // what other sections show too: which pairings there are, their names and methods

private:
    void show_list();
    void show_fields();
    void show_buttons();
    void mark_problems();
    int row() const;
    void add(PairingMethod method);
    void duplicate();
    void remove();

    ExperimentSpec& draft_;
    FormProblems problems_;
    QListWidget* list_;
    QPushButton* duplicate_;
    QPushButton* remove_;
    PairingFields* fields_;
};

}  // namespace tandem::studio
