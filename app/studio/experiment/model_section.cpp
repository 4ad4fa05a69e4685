#include "app/studio/experiment/model_section.h"

#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/experiment/form_rows.h"
#include "app/studio/widgets/name_field.h"
#include "experiments/plan/estimate.h"

namespace tandem::studio {

ModelSection::ModelSection(QWidget* parent)
    : QWidget(parent),
      list_(new QListWidget(this)),
      name_row_(new QWidget(this)),
      name_(new NameField(QStringLiteral("model_name"), Dots::allowed, name_row_)),
      add_(new QPushButton(tr("&Add model"), this)),
      remove_(new QPushButton(tr("Remove"), this)),
      menu_(new QMenu(this)),
      progress_row_(new QWidget(this)),
      progress_(new QProgressBar(this)) {
    list_->setObjectName(QStringLiteral("models"));
    list_->setAccessibleName(tr("Models of this experiment"));
    list_->setFixedHeight(list_->fontMetrics().lineSpacing() * 4 + 12);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setTextElideMode(Qt::ElideMiddle);
    add_->setObjectName(QStringLiteral("add_model"));
    add_->setMenu(menu_);
    remove_->setAccessibleName(tr("Remove the selected model"));
    remove_->setEnabled(false);

    auto* cancel = new QToolButton(progress_row_);
    cancel->setText(tr("Cancel"));
    cancel->setAccessibleName(tr("Stop adding the model"));
    auto* progress_line = new QHBoxLayout(progress_row_);
    progress_line->setContentsMargins(0, 0, 0, 0);
    progress_line->addWidget(progress_, 1);
    progress_line->addWidget(cancel);
    progress_row_->hide();

    name_->line()->setAccessibleName(tr("Name of the selected model"));
    auto* name_rows = new QFormLayout(name_row_);
    name_rows->setContentsMargins(0, 0, 0, 0);
    name_rows->addRow(make_label(tr("name"), name_->line()), name_);
    name_row_->hide();  // until one is selected

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(add_);
    buttons->addWidget(remove_);
    buttons->addStretch();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(list_);
    column->addLayout(buttons);
    column->addWidget(name_row_);
    column->addWidget(progress_row_);

    connect(menu_, &QMenu::aboutToShow, this, &ModelSection::fill_menu);
    connect(cancel, &QToolButton::clicked, this, &ModelSection::cancelled);
    connect(list_, &QListWidget::currentRowChanged, this, &ModelSection::show_chosen);
    connect(name_, &NameField::renamed, this, [this](const std::string& fresh) {
        emit renamed(models_.at(static_cast<std::size_t>(list_->currentRow())).name, fresh);
    });
    connect(remove_, &QPushButton::clicked, this, [this] {
        if (const QListWidgetItem* item = list_->currentItem()) {
            emit removed(item->data(Qt::UserRole).toString().toStdString());
        }
    });
}

void ModelSection::set_models(const std::vector<ModelSpec>& models) {
    const QSignalBlocker quiet(list_);
    models_ = models;
    const int row = list_->currentRow();
    list_->clear();
    for (const ModelSpec& model : models) {
        const QString name = QString::fromStdString(model.name);
        const QString source = QString::fromStdString(model.source);
        auto* item = new QListWidgetItem(name == source ? name : name + QStringLiteral("  \u2014  ") + source, list_);
        item->setData(Qt::UserRole, name);
        item->setToolTip(tr("%1 is loaded from %2").arg(name, source));
    }
    list_->setCurrentRow(row < list_->count() ? row : -1);
    show_chosen();
}

void ModelSection::choose_last() {
    list_->setCurrentRow(list_->count() - 1);
}

void ModelSection::show_chosen() {
    const int row = list_->currentRow();
    remove_->setEnabled(row >= 0 && list_->count() > 1);
    remove_->setToolTip(list_->count() > 1 ? QString() : tr("An experiment needs at least one model"));
    name_row_->setVisible(row >= 0);
    if (row >= 0) {
        const std::string& name = models_.at(static_cast<std::size_t>(row)).name;
        name_->set_name(name, other_names(models_, name));
    }
}

void ModelSection::set_choices(const std::vector<LibraryEntry>& library, const std::vector<std::string>& shapes,
                               const std::vector<std::string>& catalogue) {
    library_ = library;
    shapes_ = shapes;
    catalogue_ = catalogue;
    std::erase_if(catalogue_, [&](const std::string& name) {
        return std::any_of(library.begin(), library.end(),
                           [&](const LibraryEntry& entry) { return entry.name == name; });
    });
}

void ModelSection::show_progress(const QString& what, double fraction) {
    progress_row_->show();
    progress_->setRange(0, fraction < 0 ? 0 : 1000);
    progress_->setValue(static_cast<int>(fraction * 1000));
    progress_->setFormat(what + QStringLiteral(" %p%"));
    progress_->setToolTip(what);
    add_->setEnabled(false);
}

void ModelSection::hide_progress() {
    progress_row_->hide();
    add_->setEnabled(true);
}

void ModelSection::fill_menu() {
    menu_->clear();
    if (!library_.empty()) {
        menu_->addSection(tr("In the library"));
        for (const LibraryEntry& entry : library_) {
            const QString size = QString::fromStdString(show_bytes(entry.bytes));
            menu_->addAction(QString::fromStdString(entry.name) + QStringLiteral("   ") + size, this,
                             [this, name = entry.name] { emit chosen(name); });
        }
    }
    if (!shapes_.empty()) {
        QMenu* random = menu_->addMenu(tr("Random weights of a known shape"));
        random->setToolTip(tr("Measures speed and memory without a download; the answers mean nothing"));
        for (const std::string& shape : shapes_) {
            random->addAction(QString::fromStdString(shape), this,
                              [this, source = "random:" + shape] { emit chosen(source); });
        }
    }
    menu_->addSection(tr("Add to the library"));
    menu_->addAction(tr("GGUF file…"), this, &ModelSection::ask_file);
    menu_->addAction(tr("Folder of Hugging Face files…"), this, &ModelSection::ask_folder);
    menu_->addAction(tr("Link to a file…"), this, &ModelSection::ask_link);
    if (!catalogue_.empty()) {
        QMenu* fetch = menu_->addMenu(tr("Fetch from the catalogue"));
        for (const std::string& name : catalogue_) {
            fetch->addAction(QString::fromStdString(name), this, [this, name] { emit wanted(name); });
        }
    }
}

void ModelSection::ask_file() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Add a model file"), {}, tr("GGUF models (*.gguf);;All files (*)"));
    if (!path.isEmpty()) {
        emit wanted(path.toStdString());
    }
}

void ModelSection::ask_folder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Add a folder with config.json and weights"));
    if (!path.isEmpty()) {
        emit wanted(path.toStdString());
    }
}

void ModelSection::ask_link() {
    const QString link = QInputDialog::getText(this, tr("Add a model"), tr("An https:// link to a .gguf file:"));
    if (!link.trimmed().isEmpty()) {
        emit wanted(link.trimmed().toStdString());
    }
}

}  // namespace tandem::studio
