// The experiment as form, text and plan.
#include <QComboBox>
#include <QDir>
#include <QLineEdit>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <sstream>

#include "app/studio/experiment/experiment_document.h"
#include "app/studio/experiment/experiment_form.h"
#include "app/studio/experiment/knob_form.h"
#include "app/studio/experiment/model_section.h"
#include "app/studio/experiment/plan_table_model.h"
#include "app/studio/experiment/problem_lines.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/write_experiment.h"
#include "app/studio/experiment/yaml_editor.h"
#include "experiments/plan/estimate.h"
#include "tests/app/studio/fake_services.h"

using namespace tandem;
using namespace tandem::studio;

namespace {

using Words = std::vector<std::string>;

ExperimentSpec parsed(const std::string& yaml) {
    auto spec = parse_experiment(yaml, "test.yaml");
    if (!spec) {
        qFatal("%s\n%s", spec.error().to_string().c_str(), yaml.c_str());
    }
    return *spec;
}

std::string all_values(const ExperimentSpec& spec) {
    // Everything but positions and the document's own spelling.
    std::ostringstream out;
    const auto options = [&](const auto& values) {
        for (const auto& [name, words] : knob_values(values)) {
            out << name;
            for (const std::string& word : words) {
                out << '|' << word;
            }
            out << '\n';
        }
    };
    out << spec.name << '\n' << spec.description << '\n';
    for (const auto& model : spec.models) {
        out << model.name << '=' << model.source << '\n';
    }
    for (const auto& pairing : spec.pairings) {
        out << pairing.name << '=' << enum_name(pairing.method) << ' ' << pairing.model << ' ' << pairing.partner << ' '
            << pairing.trained << '\n';
        with_method_options(pairing, options);
    }
    for (const auto& target : spec.targets) {
        out << target.name << '@' << target.host << '\n';
        options(target.device);
    }
    for (const auto& workload : spec.workloads) {
        out << workload.name << ' ' << workload_kind(workload.workload) << ' ' << join_list(workload.pairings) << '\n';
        std::visit(options, workload.workload);
    }
    options(spec.load);
    options(spec.execution);
    for (const auto& group : spec.sweep) {
        out << "group\n";
        for (const auto& axis : group.axes) {
            out << axis.path << ": " << join_list(axis.values) << '\n';
        }
    }
    for (const auto& combination : spec.exclude) {
        out << "exclude";
        for (const auto& [path, value] : combination.equals) {
            out << ' ' << path << '=' << value;
        }
        out << '\n';
    }
    for (const auto seed : spec.seeds) {
        out << seed << ' ';
    }
    return out.str();
}

// Everything the language has, in spellings that are easy to lose.
std::string awkward_text() {
    std::ifstream file(TANDEM_SOURCE_DIR "/tests/app/studio/awkward.yaml");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

class TestStudioExperiment : public QObject {
    Q_OBJECT
private slots:
    void written_text_means_the_same_experiment() {
        const ExperimentSpec spec = parsed(awkward_text());
        const ExperimentSpec again = parsed(write_experiment(spec));
        QCOMPARE(QString::fromStdString(all_values(again)), QString::fromStdString(all_values(spec)));
        QCOMPARE(write_experiment(again), write_experiment(spec));
    }

    void every_catalogued_experiment_survives_the_form() {
        const QDir catalogue(QStringLiteral(TANDEM_SOURCE_DIR "/experiments/catalog"));
        int count = 0;
        for (const QString& name : catalogue.entryList({QStringLiteral("*.yaml")})) {
            if (name == QLatin1String("models.yaml")) {
                continue;
            }
            std::ifstream file(catalogue.filePath(name).toStdString());
            std::stringstream text;
            text << file.rdbuf();
            const ExperimentSpec spec = parsed(text.str());
            QCOMPARE(QString::fromStdString(all_values(parsed(write_experiment(spec)))),
                     QString::fromStdString(all_values(spec)));
            ++count;
        }
        QVERIFY(count >= 3);
    }

    void words_that_yaml_reads_otherwise_get_quotes() {
        QCOMPARE(yaml_text("smollm2-135m"), std::string("smollm2-135m"));
        for (const char* text : {"true", "null", "42", "1e5", "a b", "- x", "", "a: b", "#x", "nan", "inf", "x:"}) {
            ExperimentSpec spec = new_experiment("random:SmolLM2-135M");
            spec.models.front().source = text;
            if (*text == '\0') {
                continue;  // an empty source is refused by the reader
            }
            QCOMPARE(parsed(write_experiment(spec)).models.front().source, std::string(text));
        }
    }

    void a_new_experiment_is_valid_with_every_kind_of_workload() {
        for (const std::string_view kind : workload_kinds) {
            ExperimentSpec spec = new_experiment("random:SmolLM2-135M");
            add_workload(spec, kind);
            QCOMPARE(parsed(write_experiment(spec)).workloads.size(), std::size_t(2));
        }
    }

    void removing_a_model_takes_what_needs_it_along() {
        ExperimentSpec spec = parsed(awkward_text());
        remove_model(spec, "other");
        const ExperimentSpec again = parsed(write_experiment(spec));
        QCOMPARE(again.models.size(), std::size_t(1));
        QCOMPARE(again.pairings.size(), std::size_t(1));
        QCOMPARE(again.exclude.size(), std::size_t(0));
    }

    void removing_a_workload_takes_its_sweep_along() {
        ExperimentSpec spec = parsed(awkward_text());
        remove_workload(spec, "speed");
        const ExperimentSpec again = parsed(write_experiment(spec));
        QCOMPARE(again.sweep.size(), std::size_t(2));
        QCOMPARE(again.exclude.size(), std::size_t(0));
    }

    void every_declared_knob_has_an_editor_that_gives_back_its_default() {
        for (const char* section : {"load", "target", "llm-to-slm", "speculative", "prompt-tuning", "generate",
                                    "benchmark", "logits", "embed", "evaluate", "train", "null", "execution"}) {
            KnobForm form(section);
            KnobValues defaults;
            for (const KnobDescription& knob : knobs_of(section)) {
                const bool list = knob.type.starts_with("list");
                defaults[knob.name] = list ? Words{"1", "2"} : Words{knob.default_value};
            }
            QVERIFY(!defaults.empty());
            form.set_values(defaults);
            for (const auto& [name, words] : defaults) {
                QCOMPARE(form.words(name), words);
            }
        }
    }

    void uncommon_knobs_wait_behind_more_unless_they_were_changed() {
        KnobForm form("generate");
        form.set_values(knob_values(GenerateWorkload{}));
        QVERIFY(form.is_shown("max_new_tokens"));
        QVERIFY(!form.is_shown("top_p"));
        GenerateWorkload changed;
        changed.generation.top_p = 0.9;
        form.set_values(knob_values(changed));
        QVERIFY(form.is_shown("top_p"));
        QVERIFY(!form.is_shown("min_p"));
    }

    void prompts_with_line_breaks_and_backslashes_survive_the_editor() {
        KnobForm form("generate");
        const Words prompts{"one\ntwo", "C:\\new", "\\n stays", "plain"};
        form.set_values({{"prompts", prompts}});
        QCOMPARE(form.words("prompts"), prompts);
    }

    void a_text_with_line_breaks_survives_its_one_line() {
        KnobForm form("train");
        const Words prompt{"{source}\n\nC:\\new \\n\n"};
        form.set_values({{"prompt", prompt}});
        QCOMPARE(form.words("prompt"), prompt);
    }

    void a_knob_that_may_be_left_out_can_be_left_out_again() {
        GuidanceOptions guidance;
        QVERIFY(!set_knob_words(guidance, "llm_dtype", {"int8"}));
        QVERIFY(guidance.llm_dtype.has_value());
        QVERIFY(!set_knob_words(guidance, "llm_dtype", {""}));
        QVERIFY(!guidance.llm_dtype.has_value());
        TrainWorkload train;
        QVERIFY(!set_knob_words(train, "validation", {"pairs.jsonl#validation"}));
        QCOMPARE(train.validation.split, std::string("validation"));
        QVERIFY(!set_knob_words(train, "validation", {""}));
        QVERIFY(!train.validation.given());
    }

    void a_list_at_its_default_waits_behind_more() {
        KnobForm form("evaluate");
        form.set_values(knob_values(EvaluateWorkload{}));
        QVERIFY(form.is_shown("test"));
        QVERIFY(!form.is_shown("scores"));
        EvaluateWorkload changed;
        changed.task.scores = {"bleu"};
        form.set_values(knob_values(changed));
        QVERIFY(form.is_shown("scores"));
    }

    void help_says_unit_range_default_and_source() {
        for (const KnobDescription& knob : knobs_of("benchmark")) {
            if (knob.name == "prompt_tokens") {
                const QString help = QString::fromStdString(knob_help(knob));
                QVERIFY(help.contains("16777216 tokens"));
                QVERIFY(help.contains("Default: 512"));
            }
        }
        for (const KnobDescription& knob : knobs_of("generate")) {
            if (knob.name == "top_p") {
                QVERIFY(QString::fromStdString(knob_help(knob)).contains("Holtzman"));
            }
        }
    }

    void the_form_writes_the_text_and_follows_it() {
        ExperimentDocument document;
        ExperimentForm form(document);
        document.start(write_experiment(new_experiment("random:SmolLM2-135M")));
        auto* prompt = form.findChild<QSpinBox*>(QStringLiteral("knob.benchmark.prompt_tokens"));
        QVERIFY(prompt);
        QCOMPARE(prompt->value(), 64);
        prompt->setValue(128);
        QVERIFY(document.spec());
        QCOMPARE(std::get<BenchmarkWorkload>(document.spec()->workloads.front().workload).prompt_tokens,
                 std::int64_t(128));
        std::string text = document.text();
        text.replace(text.find("128"), 3, "256");
        document.set_text(text, ExperimentDocument::Origin::editor);
        QCOMPARE(prompt->value(), 256);
        auto* name = form.findChild<QLineEdit*>(QStringLiteral("experiment_name"));
        name->end(false);
        QTest::keyClicks(name, QStringLiteral("-2"));
        QCOMPARE(document.spec()->name, std::string("my-experiment-2"));
        QVERIFY(document.is_modified());
    }

    void the_form_closes_while_the_text_is_wrong() {
        ExperimentDocument document;
        ExperimentForm form(document);
        const std::string good = write_experiment(new_experiment("random:SmolLM2-135M"));
        document.start(good);
        QVERIFY(form.is_open());
        document.set_text(good + "nonsense: 1\n", ExperimentDocument::Origin::editor);
        QVERIFY(!form.is_open());
        QVERIFY(document.error());
        document.set_text(good, ExperimentDocument::Origin::editor);
        QVERIFY(form.is_open());
    }

    void a_refused_word_marks_its_knob_and_leaves_the_text() {
        ExperimentDocument document;
        ExperimentForm form(document);
        document.start(write_experiment(new_experiment("random:SmolLM2-135M")));
        const std::string before = document.text();
        auto* memory = form.findChild<QLineEdit*>(QStringLiteral("knob.target.memory_limit_bytes"));
        QVERIFY(memory);
        memory->clear();
        QTest::keyClicks(memory, QStringLiteral("lots"));
        QCOMPARE(document.text(), before);
        memory->clear();
        QTest::keyClicks(memory, QStringLiteral("4GiB"));
        QVERIFY(document.spec());
        QCOMPARE(document.spec()->targets.front().device.memory_limit_bytes, std::int64_t(4) << 30);
    }

    void values_of_a_sweep_are_checked_by_the_experiment_reader() {
        ExperimentDocument document;
        ExperimentSpec spec = new_experiment("random:SmolLM2-135M");
        document.start(write_experiment(spec));
        set_grid_rows(spec, {{"load.dtype", "f32, int3"}});
        document.set_spec(spec);
        QVERIFY(document.error());
        QVERIFY(QString::fromStdString(document.error()->message).contains("int3"));
        set_grid_rows(spec, {{"load.dtype", " f32 ,int8,"}});
        document.set_spec(spec);
        QVERIFY(document.spec());
        QCOMPARE(document.spec()->sweep.front().axes.front().values, (Words{"f32", "int8"}));
    }

    void all_problems_are_marked_at_their_lines() {
        const std::string text =
            "tandem: 1\nname: x\nmodels: {a: random:smollm2-135m}\npairings: {p: a}\n"
            "workloads:\n  s: {kind: benchmark, prompt_tokens: 0}\nload: {dtyp: f32}\n";
        ExperimentDocument document;
        document.start(text);
        QVERIFY(document.error());
        const auto problems = problem_lines(*document.error(), document.file_name());
        QCOMPARE(problems.size(), std::size_t(2));
        QCOMPARE(problems[0].line, 6);
        QCOMPARE(problems[1].line, 7);
        QVERIFY(QString::fromStdString(problems[1].text).contains("did you mean dtype"));
        YamlEditor editor;
        editor.setPlainText(QString::fromStdString(text));
        editor.show_problems(problems);
        QCOMPARE(editor.extraSelections().size(), 4);  // a line and a wave each
        QCOMPARE(editor.extraSelections().at(0).cursor.blockNumber(), 5);
        editor.go_to(7, 3);
        QCOMPARE(editor.textCursor().blockNumber(), 6);
        editor.show_problems({});
        QCOMPARE(editor.extraSelections().size(), 0);
    }

    void a_syntax_error_has_a_line_too() {
        ExperimentDocument document;
        document.start("tandem: 1\nname: [x\n");
        QVERIFY(document.error());
        const auto problems = problem_lines(*document.error(), document.file_name());
        QVERIFY(!problems.empty());
        QVERIFY(problems.front().line >= 1);
        QVERIFY(QString::fromStdString(command_line_text(*document.error())).startsWith("error: YAML_"));
    }

    void what_the_form_writes_can_be_undone_in_the_editor() {
        YamlEditor editor;
        editor.setPlainText(QStringLiteral("# mine\nname: a\n"));
        editor.replace_text(QStringLiteral("name: b\n"));
        QCOMPARE(editor.toPlainText(), QStringLiteral("name: b\n"));
        editor.undo();
        QCOMPARE(editor.toPlainText(), QStringLiteral("# mine\nname: a\n"));
    }

    void saving_and_opening_give_the_same_text() {
        const QTemporaryDir folder;
        ExperimentDocument document;
        document.start("");
        document.set_text(awkward_text(), ExperimentDocument::Origin::editor);
        QVERIFY(document.is_modified());
        const QString path = folder.filePath(QStringLiteral("a.yaml"));
        QVERIFY(document.save(path));
        QVERIFY(!document.is_modified());
        ExperimentDocument other;
        QVERIFY(other.open(path));
        QCOMPARE(other.text(), awkward_text());
        QVERIFY(other.spec());
        const auto missing = other.open(folder.filePath(QStringLiteral("missing.yaml")));
        QVERIFY(!missing);
        QCOMPARE(other.text(), awkward_text());
        QVERIFY(!other.save(folder.filePath(QStringLiteral("no/such/folder.yaml"))));
    }

    void the_plan_says_count_time_memory_and_reason() {
        PreparedRun run = studio_test::prepared_run(3);
        run.plan.trials[1].action = TrialAction::skip;
        run.plan.trials[1].reason = "done on 2026-11-24";
        const QString summary = plan_summary(run.plan);
        QVERIFY(summary.contains("3 trials: 2 to run, 1 done before"));
        QVERIFY(summary.contains("30 s"));
        QVERIFY(summary.contains(QString::fromStdString(show_bytes(300 << 20))));
        PlanTableModel model;
        model.set_plan(std::make_shared<const PreparedRun>(run));
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(1, PlanTableModel::column_reason).data().toString(), QStringLiteral("done on 2026-11-24"));
        QCOMPARE(model.index(0, PlanTableModel::column_settings).data().toString(), QStringLiteral("prompt_tokens 16"));
    }
};

QTEST_MAIN(TestStudioExperiment)
#include "test_studio_experiment.moc"
