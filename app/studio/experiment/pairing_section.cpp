#include "app/studio/experiment/pairing_section.h"

#include <QHBoxLayout>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/experiment/pairing_edits.h"
#include "app/studio/experiment/pairing_fields.h"
#include "app/studio/widgets/appearance.h"

namespace tandem::studio {
namespace {

// "guided - llm-to-slm: large, small".
QString words_of(const PairingSpec& pairing) {
    QString text = QString::fromStdString(pairing.name) + QStringLiteral("  \u2014  ");
    if (pairing.method != PairingMethod::single) {
        text += QString::fromStdString(std::string(enum_name(pairing.method))) + QStringLiteral(": ");
    }
    QStringList models;
    for (const std::string& word : model_words(pairing.method)) {
        models << QString::fromStdString(model_at(pairing, word));
    }
    return text + models.join(QStringLiteral(", "));
}

}  // namespace

PairingSection::PairingSection(ExperimentSpec& draft, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      list_(new QListWidget(this)),
      duplicate_(new QPushButton(tr("Duplicate"), this)),
      remove_(new QPushButton(tr("Remove"), this)),
      fields_(new PairingFields(draft, this)) {
    list_->setObjectName(QStringLiteral("pairings"));
    list_->setAccessibleName(tr("Pairings of this experiment"));
    list_->setFixedHeight(list_->fontMetrics().lineSpacing() * 4 + 12);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setTextElideMode(Qt::ElideMiddle);
    auto* add_button = new QPushButton(tr("Add pa&iring"), this);
    add_button->setObjectName(QStringLiteral("add_pairing"));
    auto* menu = new QMenu(add_button);
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        menu->addAction(QString::fromStdString(std::string(word)), this, [this, method = method] { add(method); });
    }
    add_button->setMenu(menu);
    duplicate_->setObjectName(QStringLiteral("duplicate_pairing"));
    duplicate_->setAccessibleName(tr("Duplicate the selected pairing"));
    remove_->setObjectName(QStringLiteral("remove_pairing"));
    remove_->setAccessibleName(tr("Remove the selected pairing"));

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add_button);
    buttons->addWidget(duplicate_);
    buttons->addWidget(remove_);
    buttons->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(list_);
    column->addLayout(buttons);
    column->addWidget(fields_);

    connect(list_, &QListWidget::currentRowChanged, this, &PairingSection::show_fields);
    connect(duplicate_, &QPushButton::clicked, this, &PairingSection::duplicate);
    connect(remove_, &QPushButton::clicked, this, &PairingSection::remove);
    connect(fields_, &PairingFields::edited, this, [this] {
        show_list();
        emit edited();
    });
    connect(fields_, &PairingFields::restructured, this, &PairingSection::restructured);
    show_buttons();
}

void PairingSection::show_draft() {
    show_list();
    show_fields();
}

void PairingSection::show_list() {
    const QSignalBlocker quiet(list_);
    const int chosen = std::max(0, list_->currentRow());
    while (list_->count() > static_cast<int>(draft_.pairings.size())) {
        delete list_->takeItem(list_->count() - 1);
    }
    for (std::size_t i = 0; i < draft_.pairings.size(); ++i) {
        QListWidgetItem* item = list_->item(static_cast<int>(i));
        item = item ? item : new QListWidgetItem(list_);
        item->setText(words_of(draft_.pairings[i]));
        item->setToolTip(item->text());
    }
    list_->setCurrentRow(std::min(chosen, list_->count() - 1));
    show_buttons();
}

void PairingSection::show_fields() {
    fields_->show_pairing(row());
    show_buttons();
    mark_problems();
}

void PairingSection::show_buttons() {
    duplicate_->setEnabled(row() >= 0);
    remove_->setEnabled(row() >= 0 && list_->count() > 1);
    remove_->setToolTip(list_->count() > 1 ? QString() : tr("An experiment needs at least one pairing"));
}

void PairingSection::show_problems(FormProblems problems) {
    problems_ = std::move(problems);
    mark_problems();
}

void PairingSection::mark_problems() {
    // A pairing that was just taken out of the draft is listed until the draft is shown.
    for (int i = 0; i < std::min(list_->count(), static_cast<int>(draft_.pairings.size())); ++i) {
        const std::string path = "pairings." + draft_.pairings.at(static_cast<std::size_t>(i)).name;
        const bool bad = problems_.any_below(path);
        list_->item(i)->setData(Qt::ForegroundRole, bad ? QVariant(ink(palette(), Tint::red)) : QVariant());
    }
    fields_->show_problems(problems_);
}

void PairingSection::choose(int row) {
    list_->setCurrentRow(row);
    list_->scrollToItem(list_->item(row));
}

int PairingSection::row() const {
    return list_->currentRow() < static_cast<int>(draft_.pairings.size()) ? list_->currentRow() : -1;
}

void PairingSection::add(PairingMethod method) {
    add_pairing(draft_, method);
    emit restructured();
    choose(list_->count() - 1);
}

void PairingSection::duplicate() {
    const int original = row();
    duplicate_pairing(draft_, static_cast<std::size_t>(original));
    emit restructured();
    choose(original + 1);
}

void PairingSection::remove() {
    remove_pairing(draft_, draft_.pairings.at(static_cast<std::size_t>(row())).name);
    emit restructured();
}

}  // namespace tandem::studio
