// A form for the knobs of one section, made from their declarations. Common knobs are shown first, "more" shows the
// rest; a knob that is not at its default is always shown. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <map>
#include <string>
#include <vector>

#include "app/studio/experiment/knob_editor.h"
#include "app/studio/experiment/knob_values.h"

class QFormLayout;
class QLabel;
class QToolButton;

namespace tandem::studio {

class FormProblems;
class ProblemLabel;

class KnobForm : public QWidget {
    Q_OBJECT
public:
    explicit KnobForm(const std::string& section, QWidget* parent = nullptr);

    const std::string& section() const { return section_; }
    void set_values(const KnobValues& values);
    std::vector<std::string> words(const std::string& knob) const;
    // Marks a knob whose words were refused; an empty text takes the mark away.
    void show_problem(const std::string& knob, const QString& text);
    // Marks the knobs of which the experiment's reader says something; `path` is the section's, as in
    // "pairings.guided".
    void show_found(const std::string& path, const FormProblems& problems);
    bool is_shown(const std::string& knob) const;

signals:
    void edited(const std::string& knob);

private:
    struct Row {
        KnobDescription knob;
        KnobEditor editor;
        QLabel* label = nullptr;
        ProblemLabel* problem = nullptr;
        QString refused = {};  // said of words that were not taken; before what the reader found
        bool at_default = true;
    };
    void add_row(QFormLayout* layout, const KnobDescription& knob);
    void show_rows();

    std::string section_;
    std::vector<Row> rows_;
    QToolButton* more_;
};

}  // namespace tandem::studio
