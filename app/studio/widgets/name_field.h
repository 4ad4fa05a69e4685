// The name of a model, a pairing or a workload, which others refer to. A name that cannot be is marked and changes
// nothing. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "experiments/spec/names.h"

class QLineEdit;

namespace tandem::studio {

class ProblemLabel;

class NameField : public QWidget {
    Q_OBJECT
public:
    // `object_name` is the line's, for tests and style.
    NameField(const QString& object_name, Dots dots, QWidget* parent = nullptr);

    // `others` have their names already.
    void set_name(const std::string& name, std::vector<std::string> others);
    QLineEdit* line() const { return line_; }

signals:
    void renamed(const std::string& name);

private:
    void take(const QString& text);

    Dots dots_;
    std::string name_;
    std::vector<std::string> others_;
    QLineEdit* line_;
    ProblemLabel* problem_;
};

// The names of all of these but one.
template <class Named>
std::vector<std::string> other_names(const std::vector<Named>& list, const std::string& but) {
    std::vector<std::string> names;
    for (const Named& item : list) {
        if (item.name != but) {
            names.push_back(item.name);
        }
    }
    return names;
}

}  // namespace tandem::studio
