// Colours for keys, text, numbers and comments of an experiment. Decoration only: what is right or wrong the
// experiment reader says. Thread rule: the window's thread.
#pragma once

#include <QSyntaxHighlighter>

class QPlainTextEdit;

namespace tandem::studio {

class YamlHighlighter : public QSyntaxHighlighter {
    Q_OBJECT
public:
    explicit YamlHighlighter(QPlainTextEdit* editor);

protected:
    void highlightBlock(const QString& text) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QPlainTextEdit* editor_;
};

}  // namespace tandem::studio
