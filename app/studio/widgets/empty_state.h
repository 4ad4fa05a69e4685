// A widget's place while there is nothing to show: says what to do next, with a button that does it. Thread rule: the
// window's thread.
#pragma once

#include <QStackedWidget>

class QLabel;
class QPushButton;

namespace tandem::studio {

class EmptyState : public QStackedWidget {
    Q_OBJECT
public:
    // `content` is shown while not empty. `button` empty: no button.
    EmptyState(QWidget* content, const QString& text, const QString& button, QWidget* parent = nullptr);
    void set_empty(bool empty);
    bool is_empty() const { return currentIndex() == 1; }
    void set_text(const QString& text);

signals:
    void clicked();

private:
    QLabel* text_;
    QPushButton* button_;
};

}  // namespace tandem::studio
