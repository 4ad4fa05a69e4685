// The experiment's text with line numbers, colours and marks at the lines that have a problem. Thread rule: the
// window's thread.
#pragma once

#include <QPlainTextEdit>
#include <vector>

#include "app/studio/experiment/problem_lines.h"

namespace tandem::studio {

class YamlEditor : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit YamlEditor(QWidget* parent = nullptr);

    // As one step that undo takes back; the cursor and what is in view stay.
    void replace_text(const QString& text);
    void show_problems(std::vector<ProblemLine> problems);
    const std::vector<ProblemLine>& problems() const { return problems_; }
    void go_to(int line, int column);

    int gutter_width() const;
    void paint_gutter(QPaintEvent* event);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void place_gutter();
    void mark();
    const ProblemLine* problem_at(int line) const;

    QWidget* gutter_;
    std::vector<ProblemLine> problems_;
};

}  // namespace tandem::studio
