#include "app/studio/experiment/pairing_fields.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "app/studio/experiment/form_problems.h"
#include "app/studio/experiment/form_rows.h"
#include "app/studio/experiment/pairing_edits.h"
#include "app/studio/experiment/take_knob.h"
#include "app/studio/widgets/name_field.h"
#include "app/studio/widgets/problem_label.h"
#include "app/studio/widgets/wheel_guard.h"

namespace tandem::studio {
namespace {

QString method_help(PairingMethod method) {
    switch (method) {
        case PairingMethod::single:
            return PairingFields::tr("One model alone.");
        case PairingMethod::llm_to_slm:
            return PairingFields::tr("The large model (llm) reads the prompt once, the small one (slm) writes.");
        case PairingMethod::speculative:
            return PairingFields::tr("The small model (slm) drafts, the large one (llm) verifies.");
        case PairingMethod::prompt_tuning:
            return PairingFields::tr("One model behind learned vectors.");
    }
    return {};
}

}  // namespace

PairingFields::PairingFields(ExperimentSpec& draft, QWidget* parent)
    : QWidget(parent),
      draft_(draft),
      name_(new NameField(QStringLiteral("pairing_name"), Dots::refused, this)),
      method_(new QComboBox(this)),
      method_problem_(new ProblemLabel(this)),
      trained_(new QLineEdit(this)),
      trained_problem_(new ProblemLabel(this)),
      knob_place_(new QVBoxLayout),
      problem_(new ProblemLabel(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto* rows = new QFormLayout;
    rows->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    column->addLayout(rows);
    name_->line()->setAccessibleName(tr("Name of the pairing"));
    rows->addRow(make_label(tr("name"), name_->line()), name_);
    method_->setObjectName(QStringLiteral("pairing_method"));
    method_->setAccessibleName(tr("Method of the pairing"));
    for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
        method_->addItem(QString::fromStdString(std::string(word)));
        method_->setItemData(method_->count() - 1, method_help(method), Qt::ToolTipRole);
    }
    WheelGuard::protect(method_);
    rows->addRow(make_label(tr("method"), method_), method_);
    rows->addRow(method_problem_);
    for (const char* word : {"model", "llm", "slm"}) {
        add_model_row(rows, word);
    }
    trained_->setObjectName(QStringLiteral("pairing_trained"));
    trained_->setAccessibleName(tr("Folder of an earlier training"));
    trained_->setPlaceholderText(tr("untrained"));
    trained_->setToolTip(tr("Folder that an earlier training wrote, relative to the experiment's file. Empty: none."));
    trained_label_ = make_label(tr("trained"), trained_);
    trained_label_->setToolTip(trained_->toolTip());
    rows->addRow(trained_label_, trained_);
    rows->addRow(trained_problem_);
    column->addLayout(knob_place_);
    column->addWidget(problem_);

    connect(name_, &NameField::renamed, this, [this](const std::string& name) {
        rename_pairing(draft_, pairing().name, name);
        emit restructured();
    });
    connect(method_, &QComboBox::currentIndexChanged, this, &PairingFields::take_method);
    connect(trained_, &QLineEdit::textEdited, this, [this](const QString& text) {
        pairing().trained = text.toStdString();
        emit edited();
    });
    show_pairing(-1);
}

void PairingFields::add_model_row(QFormLayout* rows, const std::string& word) {
    auto* box = new QComboBox(this);
    box->setObjectName(QString::fromStdString("pairing_" + word));
    box->setAccessibleName(word == "llm"   ? tr("Large model of the pairing")
                           : word == "slm" ? tr("Small model of the pairing")
                                           : tr("Model of the pairing"));
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(14);
    box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    WheelGuard::protect(box);
    auto* label = make_label(QString::fromStdString(word), box);
    auto* problem = new ProblemLabel(this);
    rows->addRow(label, box);
    rows->addRow(problem);
    models_.push_back({word, label, box, problem});
    connect(box, &QComboBox::currentIndexChanged, this, [this, row = models_.back()] { take_model(row); });
}

PairingSpec& PairingFields::pairing() {
    return draft_.pairings.at(static_cast<std::size_t>(row_));
}

void PairingFields::show_pairing(int row) {
    row_ = row;
    setVisible(row >= 0);
    if (row < 0) {
        return;
    }
    name_->set_name(pairing().name, other_names(draft_.pairings, pairing().name));
    const QSignalBlocker quiet(method_);
    method_->setCurrentText(QString::fromStdString(std::string(enum_name(pairing().method))));
    method_->setToolTip(method_help(pairing().method));
    show_models();
    show_trained();
    show_knobs();
}

// A model that is not among the experiment's is shown as it stands, and marked.
void PairingFields::show_models() {
    const std::vector<std::string> words = model_words(pairing().method);
    for (const ModelRow& row : models_) {
        const bool used = std::find(words.begin(), words.end(), row.word) != words.end();
        row.label->setVisible(used);
        row.box->setVisible(used);
        row.problem->show_problem({});
        if (!used) {
            continue;
        }
        const QSignalBlocker quiet(row.box);
        row.box->clear();
        for (const ModelSpec& model : draft_.models) {
            row.box->addItem(QString::fromStdString(model.name));
        }
        const QString chosen = QString::fromStdString(model_at(pairing(), row.word));
        if (row.box->findText(chosen) < 0) {
            row.box->addItem(chosen);
        }
        row.box->setCurrentText(chosen);
        row.problem->show_problem(note_on(row.word));
    }
}

QString PairingFields::note_on(const std::string& word) {
    const std::string& model = model_at(pairing(), word);
    const bool known = std::any_of(draft_.models.begin(), draft_.models.end(),
                                   [&](const ModelSpec& item) { return item.name == model; });
    if (!known) {
        return tr("%1 is not among the models.").arg(QString::fromStdString(model));
    }
    if (word == "slm" && model == model_at(pairing(), "llm")) {
        return tr("The same model as llm.");
    }
    return {};
}

void PairingFields::show_trained() {
    const bool used = can_learn(pairing().method);
    trained_label_->setVisible(used);
    trained_->setVisible(used);
    if (trained_->text().toStdString() != pairing().trained) {
        trained_->setText(QString::fromStdString(pairing().trained));
        trained_->setCursorPosition(0);
    }
}

void PairingFields::show_knobs() {
    const std::string method(enum_name(pairing().method));
    if (!knobs_ || knobs_->section() != method) {
        if (knobs_) {
            knobs_->hide();
            knobs_->deleteLater();
        }
        knobs_ = new KnobForm(method);
        knob_place_->addWidget(knobs_);
        connect(knobs_, &KnobForm::edited, this, &PairingFields::take_knob_of);
    }
    with_method_options(pairing(), [&](const auto& options) { knobs_->set_values(knob_values(options)); });
}

void PairingFields::show_problems(const FormProblems& problems) {
    if (row_ < 0 || row_ >= static_cast<int>(draft_.pairings.size())) {  // taken out of the draft, not yet of the list
        return;
    }
    const std::string path = "pairings." + pairing().name;
    method_problem_->show_problem(problems.at(path + ".method"));
    for (const ModelRow& row : models_) {
        if (!row.box->isHidden()) {
            const QString found = problems.at(path + "." + row.word);
            row.problem->show_problem(found.isEmpty() ? note_on(row.word) : found);
        }
    }
    trained_problem_->show_problem(problems.at(path + ".trained"));
    knobs_->show_found(path, problems);
    problem_->show_problem(problems.at(path));
}

void PairingFields::take_method() {
    const auto method = enum_from_name<PairingMethod>(method_->currentText().toStdString());
    if (row_ >= 0 && method) {
        set_method(draft_, pairing().name, *method);
        emit restructured();
    }
}

void PairingFields::take_model(const ModelRow& row) {
    if (row_ >= 0) {
        model_at(pairing(), row.word) = row.box->currentText().toStdString();
        emit edited();
    }
}

void PairingFields::take_knob_of(const std::string& knob) {
    with_method_options(pairing(), [&](auto& options) {
        if (take_knob(*knobs_, knob, options)) {
            emit edited();
        }
    });
}

}  // namespace tandem::studio
