// Keeps the mouse wheel from changing a value that only happens to lie under the pointer while a form scrolls.
// Thread rule: the window's thread.
#pragma once

#include <QObject>

class QWidget;

namespace tandem::studio {

class WheelGuard : public QObject {
    Q_OBJECT
public:
    static void protect(QWidget* editor);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    using QObject::QObject;
};

}  // namespace tandem::studio
