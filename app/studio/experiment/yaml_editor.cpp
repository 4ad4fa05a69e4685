#include "app/studio/experiment/yaml_editor.h"

#include <QFontDatabase>
#include <QHelpEvent>
#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolTip>
#include <algorithm>

#include "app/studio/experiment/yaml_highlighter.h"
#include "app/studio/widgets/appearance.h"

namespace tandem::studio {
namespace {

constexpr int gutter_margin = 6;

class Gutter : public QWidget {
public:
    explicit Gutter(YamlEditor* editor) : QWidget(editor), editor_(editor) {}
    QSize sizeHint() const override { return {editor_->gutter_width(), 0}; }

protected:
    void paintEvent(QPaintEvent* event) override { editor_->paint_gutter(event); }

private:
    YamlEditor* editor_;
};

}  // namespace

YamlEditor::YamlEditor(QWidget* parent) : QPlainTextEdit(parent), gutter_(new Gutter(this)) {
    setObjectName(QStringLiteral("yaml_editor"));
    setAccessibleName(tr("Experiment as YAML"));
    setLineWrapMode(QPlainTextEdit::NoWrap);
    setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    setTabStopDistance(2.0 * fontMetrics().horizontalAdvance(QLatin1Char(' ')));
    new YamlHighlighter(this);
    connect(this, &QPlainTextEdit::blockCountChanged, this, &YamlEditor::place_gutter);
    connect(this, &QPlainTextEdit::updateRequest, gutter_, [this] { gutter_->update(); });
    place_gutter();
}

void YamlEditor::replace_text(const QString& text) {
    if (text == toPlainText()) {
        return;
    }
    const int position = textCursor().position();
    const int scrolled = verticalScrollBar()->value();
    QTextCursor whole(document());
    whole.beginEditBlock();
    whole.select(QTextCursor::Document);
    whole.insertText(text);
    whole.endEditBlock();
    QTextCursor cursor = textCursor();
    cursor.setPosition(std::min(position, document()->characterCount() - 1));
    setTextCursor(cursor);
    verticalScrollBar()->setValue(scrolled);
}

void YamlEditor::show_problems(std::vector<ProblemLine> problems) {
    problems_ = std::move(problems);
    mark();
}

void YamlEditor::go_to(int line, int column) {
    const QTextBlock block = document()->findBlockByNumber(line - 1);
    if (!block.isValid()) {
        return;
    }
    QTextCursor cursor(block);
    cursor.movePosition(QTextCursor::Right, QTextCursor::MoveAnchor, std::clamp(column - 1, 0, block.length() - 1));
    setTextCursor(cursor);
    centerCursor();
    setFocus();
}

void YamlEditor::mark() {
    QList<QTextEdit::ExtraSelection> marks;
    for (const ProblemLine& problem : problems_) {
        const QTextBlock block = document()->findBlockByNumber(problem.line - 1);
        if (problem.line < 1 || !block.isValid()) {
            continue;
        }
        QTextEdit::ExtraSelection line;
        line.cursor = QTextCursor(block);
        line.format.setBackground(tinted(palette().color(QPalette::Base), Tint::red));
        line.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks << line;
        QTextEdit::ExtraSelection wave;
        wave.cursor = QTextCursor(block);
        wave.cursor.movePosition(QTextCursor::Right, QTextCursor::MoveAnchor,
                                 std::clamp(problem.column - 1, 0, block.length() - 1));
        wave.cursor.movePosition(QTextCursor::EndOfBlock, QTextCursor::KeepAnchor);
        wave.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        wave.format.setUnderlineColor(ink(palette(), Tint::red));
        marks << wave;
    }
    setExtraSelections(marks);
    gutter_->update();
}

const ProblemLine* YamlEditor::problem_at(int line) const {
    const auto found = std::find_if(problems_.begin(), problems_.end(),
                                    [&](const ProblemLine& problem) { return problem.line == line; });
    return found == problems_.end() ? nullptr : &*found;
}

int YamlEditor::gutter_width() const {
    const auto digits = QString::number(std::max(10, blockCount())).size();
    return static_cast<int>(digits) * fontMetrics().horizontalAdvance(QLatin1Char('9')) + 2 * gutter_margin;
}

void YamlEditor::place_gutter() {
    setViewportMargins(gutter_width(), 0, 0, 0);
    const QRect area = contentsRect();
    gutter_->setGeometry(area.left(), area.top(), gutter_width(), area.height());
}

void YamlEditor::paint_gutter(QPaintEvent*) {
    QPainter painter(gutter_);
    painter.fillRect(gutter_->rect(), palette().color(QPalette::AlternateBase));
    painter.setFont(font());
    QTextBlock block = firstVisibleBlock();
    double top = blockBoundingGeometry(block).translated(contentOffset()).top();
    while (block.isValid() && top < gutter_->height()) {
        const double height = blockBoundingRect(block).height();
        const int line = block.blockNumber() + 1;
        const bool bad = problem_at(line) != nullptr;
        if (bad) {
            painter.fillRect(QRectF(0, top, gutter_->width(), height),
                             tinted(palette().color(QPalette::Base), Tint::red));
        }
        painter.setPen(bad ? ink(palette(), Tint::red) : palette().color(QPalette::PlaceholderText));
        painter.drawText(QRectF(0, top, gutter_->width() - gutter_margin, height), Qt::AlignRight | Qt::AlignVCenter,
                         QString::number(line));
        block = block.next();
        top += height;
    }
}

void YamlEditor::resizeEvent(QResizeEvent* event) {
    QPlainTextEdit::resizeEvent(event);
    place_gutter();
}

void YamlEditor::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        place_gutter();
        mark();
    }
}

bool YamlEditor::viewportEvent(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const ProblemLine* problem = problem_at(cursorForPosition(help->pos()).blockNumber() + 1);
        if (problem) {
            QToolTip::showText(help->globalPos(), QString::fromStdString(problem->text), this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QPlainTextEdit::viewportEvent(event);
}

}  // namespace tandem::studio
