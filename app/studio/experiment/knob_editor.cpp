#include "app/studio/experiment/knob_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QSpinBox>
#include <climits>
#include <cmath>

#include "app/studio/widgets/wheel_guard.h"
#include "experiments/spec/scalar.h"

namespace tandem::studio {
namespace {

using Words = std::vector<std::string>;

std::string first(const Words& words) {
    return words.empty() ? std::string() : words.front();
}

// A text in a field of one line: its line breaks are written \n, its backslashes twice.
QString on_one_line(const std::string& text) {
    QString line = QString::fromStdString(text);
    line.replace(QLatin1Char('\\'), QLatin1String("\\\\"));
    line.replace(QLatin1Char('\n'), QLatin1String("\\n"));
    return line;
}

std::string from_one_line(QString line) {
    line.replace(QLatin1String("\\\\"), QChar(1));
    line.replace(QLatin1String("\\n"), QLatin1String("\n"));
    line.replace(QChar(1), QLatin1Char('\\'));
    return line.toStdString();
}

KnobEditor make_choice(const KnobDescription& knob, QWidget* parent, const std::function<void()>& edited) {
    auto* box = new QComboBox(parent);
    if (knob.type.ends_with("or nothing")) {
        box->addItem(QObject::tr("not given"), QString());
    }
    for (const std::string& choice : knob.choices) {
        box->addItem(QString::fromStdString(choice), QString::fromStdString(choice));
    }
    WheelGuard::protect(box);
    QObject::connect(box, &QComboBox::currentIndexChanged, box, [edited] { edited(); });
    return {box, [box] { return Words{box->currentData().toString().toStdString()}; },
            [box](const Words& words) {
                const QSignalBlocker quiet(box);
                box->setCurrentIndex(box->findData(QString::fromStdString(first(words))));
            }};
}

KnobEditor make_check(QWidget* parent, const std::function<void()>& edited) {
    auto* box = new QCheckBox(parent);
    QObject::connect(box, &QCheckBox::toggled, box, [edited] { edited(); });
    return {box, [box] { return Words{box->isChecked() ? "true" : "false"}; },
            [box](const Words& words) {
                const QSignalBlocker quiet(box);
                box->setChecked(first(words) == "true");
            }};
}

KnobEditor make_spin(const KnobDescription& knob, QWidget* parent, const std::function<void()>& edited) {
    auto* box = new QSpinBox(parent);
    box->setRange(static_cast<int>(knob.min), static_cast<int>(knob.max));
    box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    if (!knob.unit.empty()) {
        box->setSuffix(QLatin1Char(' ') + QString::fromStdString(knob.unit));
    }
    WheelGuard::protect(box);
    QObject::connect(box, &QSpinBox::valueChanged, box, [edited] { edited(); });
    return {box, [box] { return Words{std::to_string(box->value())}; },
            [box](const Words& words) {
                const QSignalBlocker quiet(box);
                box->setValue(QString::fromStdString(first(words)).toInt());
            }};
}

KnobEditor make_line(const KnobDescription& knob, QWidget* parent, const std::function<void()>& edited) {
    auto* line = new QLineEdit(parent);
    if (knob.type != "text") {
        line->setPlaceholderText(
            QString::fromStdString(knob.default_value + (knob.unit.empty() ? "" : " ") + knob.unit));
    }
    QObject::connect(line, &QLineEdit::textEdited, line, [edited] { edited(); });
    const bool text = knob.type == "text";
    return {line, [line, text] { return Words{text ? from_one_line(line->text()) : line->text().toStdString()}; },
            [line, text](const Words& words) {
                const QString shown = text ? on_one_line(first(words)) : QString::fromStdString(first(words));
                if (shown != line->text()) {
                    line->setText(shown);
                    line->setCursorPosition(0);
                }
            }};
}

// One item a line.
KnobEditor make_list(const KnobDescription& knob, QWidget* parent, const std::function<void()>& edited) {
    auto* box = new QPlainTextEdit(parent);
    box->setTabChangesFocus(true);
    box->setPlaceholderText(QObject::tr("one a line"));
    const int lines = knob.name == "prompts" ? 5 : 2;
    box->setFixedHeight(box->fontMetrics().lineSpacing() * lines + 12);
    QObject::connect(box, &QPlainTextEdit::textChanged, box, [edited] { edited(); });
    return {box,
            [box] {
                Words words;
                for (const QString& line : box->toPlainText().split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
                    words.push_back(from_one_line(line));
                }
                return words;
            },
            [box](const Words& words) {
                QStringList lines_shown;
                for (const std::string& word : words) {
                    lines_shown << on_one_line(word);
                }
                const QString text = lines_shown.join(QLatin1Char('\n'));
                if (text != box->toPlainText()) {
                    const QSignalBlocker quiet(box);
                    box->setPlainText(text);
                }
            }};
}

}  // namespace

KnobEditor make_knob_editor(const KnobDescription& knob, QWidget* parent, std::function<void()> edited) {
    KnobEditor editor;
    if (knob.type.starts_with("list")) {
        editor = make_list(knob, parent, edited);
    } else if (!knob.choices.empty()) {
        editor = make_choice(knob, parent, edited);
    } else if (knob.type == "boolean") {
        editor = make_check(parent, edited);
    } else if (knob.type == "integer" && knob.min >= INT_MIN && knob.max <= INT_MAX) {
        editor = make_spin(knob, parent, edited);
    } else {
        editor = make_line(knob, parent, edited);
    }
    editor.widget->setObjectName(QString::fromStdString("knob." + knob.section + "." + knob.name));
    editor.widget->setAccessibleName(QString::fromStdString(knob.name + (knob.unit.empty() ? "" : " in ") + knob.unit));
    editor.widget->setAccessibleDescription(QString::fromStdString(knob.doc));
    editor.widget->setToolTip(QString::fromStdString(knob_help(knob)));
    return editor;
}

std::string knob_help(const KnobDescription& knob) {
    std::string help = knob.doc;
    if (!knob.choices.empty()) {
        help += "\nAllowed: " + join_choices(knob.choices) + ".";
    } else if (std::isfinite(knob.min) || std::isfinite(knob.max)) {
        help += "\nAllowed: " +
                describe_range(FieldInfo{
                    .name = knob.name, .doc = knob.doc, .unit = knob.unit, .min = knob.min, .max = knob.max}) +
                ".";
    }
    if (!knob.default_value.empty() && !knob.type.starts_with("list")) {
        help += "\nDefault: " + knob.default_value + ".";
    }
    if (!knob.source.empty()) {
        help += "\nSource: " + knob.source + ".";
    }
    return help;
}

}  // namespace tandem::studio
