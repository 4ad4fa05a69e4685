#include "app/studio/widgets/name_field.h"

#include <QLineEdit>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/widgets/problem_label.h"

namespace tandem::studio {

NameField::NameField(const QString& object_name, Dots dots, QWidget* parent)
    : QWidget(parent), dots_(dots), line_(new QLineEdit(this)), problem_(new ProblemLabel(this)) {
    line_->setObjectName(object_name);
    line_->setToolTip(tr("What else names it follows. Allowed: %1.").arg(QString::fromStdString(allowed_names(dots))));
    setFocusProxy(line_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(line_);
    column->addWidget(problem_);
    connect(line_, &QLineEdit::textEdited, this, &NameField::take);
}

void NameField::set_name(const std::string& name, std::vector<std::string> others) {
    name_ = name;
    others_ = std::move(others);
    if (line_->text() != QString::fromStdString(name)) {
        line_->setText(QString::fromStdString(name));
        line_->setCursorPosition(0);
    }
    problem_->show_problem({});
}

void NameField::take(const QString& text) {
    const std::string name = text.toStdString();
    if (!is_name(name, dots_)) {
        problem_->show_problem(tr("A name has %1.").arg(QString::fromStdString(allowed_names(dots_))));
    } else if (std::ranges::find(others_, name) != others_.end()) {
        problem_->show_problem(tr("%1 is there already.").arg(text));
    } else {
        problem_->show_problem({});
        if (name != name_) {
            name_ = name;
            emit renamed(name);
        }
    }
}

}  // namespace tandem::studio
