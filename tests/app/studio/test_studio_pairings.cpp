// Pairings in the form: what can be built, what follows a name or a method, and what is marked where.
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <fstream>
#include <sstream>

#include "app/studio/experiment/experiment_document.h"
#include "app/studio/experiment/experiment_form.h"
#include "app/studio/experiment/pairing_edits.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/write_experiment.h"
#include "app/studio/widgets/problem_label.h"

using namespace tandem;
using namespace tandem::studio;

namespace {

ExperimentSpec parsed(const std::string& yaml) {
    auto spec = parse_experiment(yaml, "test.yaml");
    if (!spec) {
        qFatal("%s\n%s", spec.error().to_string().c_str(), yaml.c_str());
    }
    return *spec;
}

// The experiment that docs/howto/llm-to-slm.md shows.
std::string documented_text() {
    std::ifstream file(TANDEM_SOURCE_DIR "/docs/howto/llm-to-slm.md");
    std::stringstream page;
    page << file.rdbuf();
    const std::string text = page.str();
    const std::string fence = "```yaml\n";
    const std::size_t begin = text.find(fence) + fence.size();
    return text.substr(begin, text.find("```", begin) - begin);
}

const char* const guided_text =
    "tandem: 1\n"
    "name: guided\n"
    "models: {large: random:gemma-3-270m, small: random:smollm2-135m}\n"
    "pairings:\n"
    "  alone: small\n"
    "  guided: {method: llm-to-slm, llm: large, slm: small, fusion: replace, pooling: last, llm_dtype: int8}\n"
    "workloads:\n"
    "  learn: {kind: train, train: a.jsonl, pairings: [guided, alone]}\n"
    "  speed: {kind: benchmark}\n"
    "sweep:\n"
    "  grid:\n"
    "    pairings.guided.layer: [4, 8]\n"
    "    pairings.guided.llm: [large, small]\n"
    "    workloads.speed.new_tokens: [8, 16]\n"
    "  exclude:\n"
    "    - {pairings.guided.layer: 8, pairings.guided.llm: small}\n";

// A document with its form, and the form's fields as a user finds them.
struct Desk {
    ExperimentDocument document;
    ExperimentForm form{document};

    template <class Field>
    Field* field(const char* name) {
        auto* found = form.findChild<Field*>(QLatin1String(name));
        if (!found) {
            qFatal("the form has no field %s", name);
        }
        return found;
    }
    void type(const char* name, const QString& text) {
        auto* line = field<QLineEdit>(name);
        line->selectAll();
        if (text.isEmpty()) {
            QTest::keyClick(line, Qt::Key_Delete);
        }
        QTest::keyClicks(line, text);
    }
    void pick(const char* name, const char* word) {
        auto* box = field<QComboBox>(name);
        if (box->findText(QLatin1String(word)) < 0) {
            qFatal("%s does not offer %s", name, word);
        }
        box->setCurrentText(QLatin1String(word));
    }
    void add(const char* button, const char* word) {
        for (QAction* action : field<QPushButton>(button)->menu()->actions()) {
            if (action->text() == QLatin1String(word)) {
                action->trigger();
            }
        }
    }
    void choose(const char* list, int row) {
        field<QListWidget>(list)->setCurrentRow(row);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);  // the fields of another method
    }
    void tick(const char* pairing, bool on) {
        auto* list = field<QListWidget>("workload_pairings");
        for (QListWidgetItem* item : list->findItems(QLatin1String(pairing), Qt::MatchExactly)) {
            item->setCheckState(on ? Qt::Checked : Qt::Unchecked);
        }
    }
    void count(const char* name, int value) { field<QSpinBox>(name)->setValue(value); }

    const ExperimentSpec& spec() {
        if (!document.spec()) {
            qFatal("%s\n%s", document.error()->to_string().c_str(), document.text().c_str());
        }
        return *document.spec();
    }
    // The problems that the form shows, a line each.
    QString marks() {
        QStringList texts;
        for (const ProblemLabel* label : form.findChildren<ProblemLabel*>()) {
            if (!label->isHidden()) {
                texts << label->text();
            }
        }
        return texts.join(QLatin1Char('\n'));
    }
};

// Names, prompt and steps as the documented experiment has them in both of its trainings.
void fill_training(Desk& desk, const char* rate) {
    desk.type("knob.train.train", QStringLiteral("debian-summaries/train.jsonl"));
    desk.type("knob.train.validation", QStringLiteral("debian-summaries/validation.jsonl"));
    desk.type("knob.train.test", QStringLiteral("debian-summaries/test.jsonl"));
    desk.count("knob.train.train_rows", 320);
    desk.type("knob.train.prompt", QStringLiteral("{source}\\n\\nIn one line:\\n"));
    desk.count("knob.train.max_source_tokens", 96);
    desk.count("knob.train.steps", 20);
    desk.count("knob.train.batch_rows", 16);
    desk.type("knob.train.learning_rate", QLatin1String(rate));
    desk.count("knob.train.warmup_steps", 5);
    desk.count("knob.train.test_rows", 100);
    desk.count("knob.train.max_new_tokens", 24);
    desk.field<QPlainTextEdit>("knob.train.stop")->setPlainText(QStringLiteral("\\n"));
}

}  // namespace

class TestStudioPairings : public QObject {
    Q_OBJECT
private slots:
    void the_documented_experiment_can_be_built_in_the_form_alone() {
        Desk desk;
        desk.document.start(write_experiment(new_experiment("gemma-3-270m-q4_k_m")));
        desk.form.add_model_source("smollm2-135m-f32");
        desk.type("experiment_name", QStringLiteral("my-guidance"));
        desk.choose("models", 0);
        desk.type("model_name", QStringLiteral("large"));
        desk.choose("models", 1);
        desk.type("model_name", QStringLiteral("small"));
        desk.choose("pairings", 0);
        desk.type("pairing_name", QStringLiteral("llm-alone"));
        desk.choose("pairings", 1);
        desk.type("pairing_name", QStringLiteral("slm-alone"));
        desk.add("add_pairing", "llm-to-slm");
        desk.add("add_pairing", "prompt-tuning");
        desk.pick("pairing_model", "small");

        desk.add("add_workload", "train");
        desk.type("workload_name", QStringLiteral("learn"));
        desk.field<QCheckBox>("all_pairings")->setChecked(false);
        desk.tick("llm-alone", false);
        desk.tick("soft", false);
        fill_training(desk, "0.0003");
        desk.add("add_workload", "train");
        desk.type("workload_name", QStringLiteral("learn-soft"));
        desk.field<QCheckBox>("all_pairings")->setChecked(false);
        for (const char* pairing : {"llm-alone", "slm-alone", "guided"}) {
            desk.tick(pairing, false);
        }
        fill_training(desk, "0.005");
        desk.add("add_workload", "evaluate");
        desk.type("workload_name", QStringLiteral("ask"));
        desk.field<QCheckBox>("all_pairings")->setChecked(false);
        for (const char* pairing : {"slm-alone", "guided", "soft"}) {
            desk.tick(pairing, false);
        }
        desk.type("knob.evaluate.test", QStringLiteral("debian-summaries/test.jsonl"));
        desk.count("knob.evaluate.test_rows", 100);
        desk.type("knob.evaluate.prompt", QStringLiteral("Description: {source}\\nIn one line:"));
        desk.count("knob.evaluate.max_new_tokens", 24);
        desk.field<QPlainTextEdit>("knob.evaluate.stop")->setPlainText(QStringLiteral("\\n"));
        desk.pick("workload", "speed");
        desk.field<QPushButton>("remove_workload")->click();
        desk.type("seeds", QStringLiteral("1, 2, 3"));

        desk.spec();
        QCOMPARE(desk.marks(), QString());
        const std::string expected =
            "pairings:\n"
            "  llm-alone: {method: single, model: large}\n"
            "  slm-alone: {method: single, model: small}\n"
            "  guided: {method: llm-to-slm, llm: large, slm: small}\n"
            "  soft: {method: prompt-tuning, model: small}\n";
        QVERIFY2(desk.document.text().find(expected) != std::string::npos, desk.document.text().c_str());
        QCOMPARE(QString::fromStdString(desk.document.text()),
                 QString::fromStdString(write_experiment(parsed(documented_text()))));
    }

    void only_knobs_off_their_default_are_written() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.pick("knob.llm-to-slm.fusion", "add");
        desk.pick("knob.llm-to-slm.pooling", "mean");
        desk.pick("knob.llm-to-slm.llm_dtype", "not given");
        desk.count("knob.llm-to-slm.projector_inner", 64);
        desk.type("pairing_trained", QStringLiteral("runs/1"));
        const std::string expected =
            "  guided: {method: llm-to-slm, llm: large, slm: small, trained: runs/1, projector_inner: 64}\n";
        QVERIFY2(desk.document.text().find(expected) != std::string::npos, desk.document.text().c_str());
        desk.type("pairing_trained", QString());
        QVERIFY(desk.spec().pairings[1].trained.empty());
    }

    void another_method_drops_the_knobs_and_sweeps_that_it_does_not_have() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.pick("pairing_method", "speculative");
        const std::string& text = desk.document.text();
        QVERIFY2(text.find("  guided: {method: speculative, llm: large, slm: small}\n") != std::string::npos,
                 text.c_str());
        QVERIFY(text.find("layer") == std::string::npos);
        QVERIFY(text.find("pairings.guided.llm: [large, small]") != std::string::npos);
        QVERIFY(text.find("exclude") == std::string::npos);
        QVERIFY(!desk.form.findChild<QWidget*>(QStringLiteral("knob.llm-to-slm.fusion")) ||
                desk.field<QWidget>("knob.llm-to-slm.fusion")->isHidden() ||
                desk.field<QWidget>("knob.llm-to-slm.fusion")->parentWidget()->isHidden());
        // A pairing that drafts has nothing to learn: the workload that names it says so.
        QVERIFY(desk.document.error());
        QVERIFY2(desk.marks().contains("pairings has guided, whose method is speculative"), qPrintable(desk.marks()));
        desk.tick("guided", false);
        QCOMPARE(desk.marks(), QString());
        QCOMPARE(desk.spec().workloads.front().pairings, std::vector<std::string>{"alone"});
    }

    void models_keep_their_part_from_method_to_method() {
        ExperimentSpec spec = parsed(guided_text);
        spec.workloads.front().pairings.clear();
        set_method(spec, "guided", PairingMethod::speculative);
        QCOMPARE(spec.pairings[1].model, std::string("large"));
        QCOMPARE(spec.pairings[1].partner, std::string("small"));
        set_method(spec, "guided", PairingMethod::llm_to_slm);
        QCOMPARE(spec.pairings[1].model, std::string("small"));
        QCOMPARE(spec.pairings[1].partner, std::string("large"));
        QVERIFY(spec.pairings[1].guidance.settings.fusion == Fusion::add);
        set_method(spec, "guided", PairingMethod::prompt_tuning);
        QCOMPARE(spec.pairings[1].model, std::string("small"));
        QVERIFY(spec.pairings[1].partner.empty());
        set_method(spec, "guided", PairingMethod::speculative);
        QCOMPARE(spec.pairings[1].model, std::string("small"));
        QCOMPARE(spec.pairings[1].partner, std::string("large"));
        parsed(write_experiment(spec));
    }

    void every_method_can_be_added_whatever_the_models_are() {
        for (const int models : {1, 2}) {
            for (const auto& [method, word] : EnumNames<PairingMethod>::values) {
                Desk desk;
                desk.document.start(write_experiment(new_experiment("random:smollm2-135m")));
                if (models == 2) {
                    desk.form.add_model_source("random:gemma-3-270m");
                }
                desk.add("add_pairing", std::string(word).c_str());
                QCOMPARE(desk.spec().pairings.size(), static_cast<std::size_t>(models) + 1);
                QVERIFY(desk.spec().pairings.back().method == method);
                QCOMPARE(desk.marks(),
                         models == 1 && has_partner(method) ? QStringLiteral("The same model as llm.") : QString());
            }
        }
    }

    void a_new_name_is_followed_by_workloads_and_sweeps() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.type("pairing_name", QStringLiteral("led"));
        QCOMPARE(desk.spec().pairings[1].name, std::string("led"));
        QCOMPARE(desk.spec().workloads[0].pairings, (std::vector<std::string>{"led", "alone"}));
        QCOMPARE(desk.spec().sweep[0].axes.front().path, std::string("pairings.led.layer"));
        QCOMPARE(desk.spec().exclude.front().equals.front().first, std::string("pairings.led.layer"));
        desk.choose("models", 1);
        desk.type("model_name", QStringLiteral("tiny"));
        QCOMPARE(desk.spec().pairings[0].model, std::string("tiny"));
        QCOMPARE(desk.spec().sweep[1].axes.front().values, (std::vector<std::string>{"large", "tiny"}));
        desk.pick("workload", "speed");
        desk.type("workload_name", QStringLiteral("pace"));
        QCOMPARE(desk.field<QComboBox>("workload")->currentText(), QStringLiteral("pace"));
        QCOMPARE(desk.spec().sweep[2].axes.front().path, std::string("workloads.pace.new_tokens"));
    }

    void a_name_that_cannot_be_is_marked_and_changes_nothing() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 0);
        auto* line = desk.field<QLineEdit>("pairing_name");
        line->end(false);
        QTest::keyClicks(line, QStringLiteral(" b"));
        QVERIFY(desk.marks().contains("1 to 64 letters"));
        QCOMPARE(desk.spec().pairings[0].name, std::string("alone"));
        QCOMPARE(desk.document.text(), std::string(guided_text));
        line->selectAll();
        QTest::keyClicks(line, QStringLiteral("guided"));
        QVERIFY(desk.marks().contains("guided is there already"));
        QCOMPARE(desk.spec().pairings[0].name, std::string("guide"));
    }

    void a_copy_stands_behind_its_original_with_a_name_of_its_own() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.field<QPushButton>("duplicate_pairing")->click();
        const auto& pairings = desk.spec().pairings;
        QCOMPARE(pairings.size(), std::size_t(3));
        QCOMPARE(pairings[2].name, std::string("guided-2"));
        QVERIFY(pairings[2].guidance.settings.fusion == Fusion::replace);
        QCOMPARE(desk.field<QListWidget>("pairings")->currentRow(), 2);
        QCOMPARE(desk.field<QLineEdit>("pairing_name")->text(), QStringLiteral("guided-2"));
    }

    void a_removed_pairing_takes_along_what_was_for_it_alone() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.field<QPushButton>("remove_pairing")->click();
        QCOMPARE(desk.spec().pairings.size(), std::size_t(1));
        QCOMPARE(desk.spec().workloads[0].pairings, std::vector<std::string>{"alone"});
        QCOMPARE(desk.spec().sweep.size(), std::size_t(1));
        QVERIFY(desk.spec().exclude.empty());
        QVERIFY(!desk.field<QPushButton>("remove_pairing")->isEnabled());
        ExperimentSpec spec = parsed(guided_text);
        spec.workloads.pop_back();
        spec.sweep.pop_back();
        spec.workloads.front().pairings = {"guided"};
        remove_pairing(spec, "guided");
        QCOMPARE(spec.workloads.size(), std::size_t(1));
        QVERIFY(spec.workloads.front().pairings.empty());
        parsed(write_experiment(spec));
    }

    void an_unknown_model_is_marked_at_its_field() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        std::string text = guided_text;
        const std::string slm = "slm: small";
        text.replace(text.find(slm), slm.size(), "slm: smal");
        desk.document.set_text(text, ExperimentDocument::Origin::editor);
        QVERIFY(!desk.form.is_open());
        QVERIFY2(desk.marks().startsWith("slm is smal"), qPrintable(desk.marks()));
        QVERIFY(desk.marks().contains("did you mean small"));
        const QBrush red = desk.field<QListWidget>("pairings")->item(1)->foreground();
        QVERIFY(red != desk.field<QListWidget>("pairings")->item(0)->foreground());
        desk.document.set_text(guided_text, ExperimentDocument::Origin::editor);
        QCOMPARE(desk.marks(), QString());
        text = guided_text;
        text.replace(text.find(slm), slm.size(), "slm: \"\"");
        desk.document.set_text(text, ExperimentDocument::Origin::editor);
        QVERIFY2(desk.marks().startsWith("slm is empty"), qPrintable(desk.marks()));
    }

    void knobs_that_do_not_go_together_are_marked_at_the_pairing() {
        Desk desk;
        desk.document.start(guided_text);
        desk.choose("pairings", 1);
        desk.pick("knob.llm-to-slm.fusion", "add");
        desk.field<QCheckBox>("knob.llm-to-slm.aligned")->setChecked(false);
        QVERIFY(desk.form.is_open());
        QVERIFY2(desk.marks().startsWith("guided has fusion add"), qPrintable(desk.marks()));
        desk.choose("pairings", 0);
        QCOMPARE(desk.marks(), QString());
        desk.choose("pairings", 1);
        QVERIFY(desk.marks().startsWith("guided has fusion add"));
        desk.pick("knob.llm-to-slm.fusion", "prepend");
        QCOMPARE(desk.marks(), QString());
        desk.spec();
    }

    void what_a_workload_still_needs_is_marked_there() {
        Desk desk;
        desk.document.start(guided_text);
        desk.pick("workload", "learn");
        desk.type("knob.train.train", QString());
        QVERIFY(desk.form.is_open());
        QVERIFY2(desk.marks().contains("learn needs train"), qPrintable(desk.marks()));
        desk.type("knob.train.train", QStringLiteral("b.jsonl"));
        QCOMPARE(desk.marks(), QString());
    }

    void pairings_of_a_workload_are_ticked_or_all() {
        Desk desk;
        desk.document.start(guided_text);
        desk.pick("workload", "learn");
        auto* all = desk.field<QCheckBox>("all_pairings");
        QVERIFY(!all->isChecked());
        desk.tick("guided", false);
        desk.tick("guided", true);
        QCOMPARE(desk.spec().workloads[0].pairings, (std::vector<std::string>{"alone", "guided"}));
        desk.tick("guided", false);
        desk.tick("alone", false);
        QVERIFY(desk.marks().contains("Tick one at least"));
        QCOMPARE(desk.spec().workloads[0].pairings, std::vector<std::string>{"alone"});
        all->setChecked(true);
        QCOMPARE(desk.marks(), QString());
        QVERIFY(desk.spec().workloads[0].pairings.empty());
        QVERIFY(desk.document.text().find("pairings: [") == std::string::npos);
        QVERIFY(desk.field<QListWidget>("workload_pairings")->isHidden());
    }

    void what_cannot_run_a_workload_cannot_be_ticked() {
        Desk desk;
        desk.document.start(guided_text);
        desk.add("add_pairing", "speculative");
        desk.pick("workload", "learn");
        const QListWidgetItem* drafted = desk.field<QListWidget>("workload_pairings")->item(2);
        QCOMPARE(drafted->text(), QStringLiteral("drafted"));
        QVERIFY(!(drafted->flags() & Qt::ItemIsEnabled));
        QVERIFY(drafted->toolTip().contains("does not run with method speculative"));
    }
};

QTEST_MAIN(TestStudioPairings)
#include "test_studio_pairings.moc"
