#include "app/studio/experiment/yaml_highlighter.h"

#include <QEvent>
#include <QPlainTextEdit>
#include <QRegularExpression>

#include "app/studio/widgets/appearance.h"

namespace tandem::studio {

YamlHighlighter::YamlHighlighter(QPlainTextEdit* editor) : QSyntaxHighlighter(editor->document()), editor_(editor) {
    editor->installEventFilter(this);
}

void YamlHighlighter::highlightBlock(const QString& text) {
    static const QRegularExpression token(QStringLiteral(
        R"re((?<comment>(?:^|\s)#.*$)|(?<quoted>"(?:[^"\\]|\\.)*"|'[^']*'))re"
        R"re(|(?<key>[\w.*-]+)(?=:(?:\s|$))|(?<number>(?<![\w.-])-?\d[\d.]*(?:[KMGT]i?B)?\b(?![.-]\w)))re"));
    const QPalette palette = editor_->palette();
    for (auto matches = token.globalMatch(text); matches.hasNext();) {
        const QRegularExpressionMatch match = matches.next();
        QTextCharFormat format;
        if (match.hasCaptured(QStringLiteral("comment"))) {
            format.setForeground(palette.color(QPalette::PlaceholderText));
            format.setFontItalic(true);
        } else if (match.hasCaptured(QStringLiteral("quoted"))) {
            format.setForeground(ink(palette, Tint::green));
        } else if (match.hasCaptured(QStringLiteral("key"))) {
            format.setForeground(ink(palette, Tint::blue));
        } else {
            format.setForeground(ink(palette, Tint::amber));
        }
        setFormat(static_cast<int>(match.capturedStart()), static_cast<int>(match.capturedLength()), format);
    }
}

bool YamlHighlighter::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::PaletteChange) {
        rehighlight();
    }
    return QSyntaxHighlighter::eventFilter(watched, event);
}

}  // namespace tandem::studio
