// Which pairings a workload is run with: all that can, or those that are ticked. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "experiments/spec/spec.h"

class QCheckBox;
class QListWidget;
class QListWidgetItem;

namespace tandem::studio {

class ProblemLabel;

class PairingChoice : public QWidget {
    Q_OBJECT
public:
    explicit PairingChoice(QWidget* parent = nullptr);

    void show_workload(const WorkloadSpec& workload, const std::vector<PairingSpec>& pairings);
    void show_problem(const QString& found);

signals:
    // Empty: all that can run it.
    void chosen(const std::vector<std::string>& pairings);

private:
    void take_all(bool all);
    void take_item();
    QStringList ticked() const;
    void fit_list();

    std::vector<std::string> order_;  // of the names as the text has them
    QCheckBox* all_;
    QListWidget* list_;
    ProblemLabel* problem_;
    bool refused_ = false;
};

}  // namespace tandem::studio
