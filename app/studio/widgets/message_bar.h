// One calm line at the top of the window for what went wrong or needs an answer: a text, details on request, buttons.
// Replaces modal boxes; a new message replaces the old one. Thread rule: the window's thread.
#pragma once

#include <QFrame>
#include <QString>
#include <functional>
#include <vector>

#include "engine/api/error.h"

class QHBoxLayout;
class QLabel;
class QPlainTextEdit;
class QToolButton;

namespace tandem::studio {

class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);

    enum class Level { note, question, problem };
    struct Action {
        QString text;
        std::function<void()> run;  // the bar closes before
    };

    void show_message(Level level, const QString& text, const QString& details = {}, std::vector<Action> actions = {});
    // What the user was doing, and the error as the command line says it.
    void show_error(const QString& doing, const Error& error, std::vector<Action> actions = {});
    void dismiss();
    QString text() const;
    QString details() const;
    bool is_question() const { return question_; }

signals:
    void dismissed();

private:
    QLabel* mark_;
    QLabel* text_;
    QToolButton* details_button_;
    QHBoxLayout* actions_;
    QToolButton* close_;
    QPlainTextEdit* details_;
    bool question_ = false;
};

}  // namespace tandem::studio
