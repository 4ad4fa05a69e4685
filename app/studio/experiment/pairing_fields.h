// One pairing as fields: name, method, the models and the folder that the method has words for, and its knobs from
// their declarations. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "experiments/spec/spec.h"

class QComboBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QVBoxLayout;

namespace tandem::studio {

class FormProblems;
class KnobForm;
class NameField;
class ProblemLabel;

class PairingFields : public QWidget {
    Q_OBJECT
public:
    // `draft` lives longer than the fields.
    explicit PairingFields(ExperimentSpec& draft, QWidget* parent = nullptr);

    void show_pairing(int row);  // below 0: none
    void show_problems(const FormProblems& problems);

signals:
    void edited();
    void restructured();

private:
    struct ModelRow {
        std::string word;  // llm, slm or model
        QLabel* label;
        QComboBox* box;
        ProblemLabel* problem;
    };
    void add_model_row(QFormLayout* rows, const std::string& word);
    PairingSpec& pairing();
    void show_models();
    void show_trained();
    void show_knobs();
    void take_method();
    void take_model(const ModelRow& row);
    void take_knob_of(const std::string& knob);
    QString note_on(const std::string& word);

    ExperimentSpec& draft_;
    int row_ = -1;
    NameField* name_;
    QComboBox* method_;
    ProblemLabel* method_problem_;
    std::vector<ModelRow> models_;
    QLabel* trained_label_ = nullptr;
    QLineEdit* trained_;
    ProblemLabel* trained_problem_;
    QVBoxLayout* knob_place_;
    KnobForm* knobs_ = nullptr;
    ProblemLabel* problem_;
};

}  // namespace tandem::studio
