// The window as a whole: sizes, pages, closing, keyboard.
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>
#include <chrono>
#include <thread>

#include "app/studio/experiment/experiment_document.h"
#include "app/studio/experiment/spec_edits.h"
#include "app/studio/experiment/write_experiment.h"
#include "app/studio/main_window.h"
#include "app/studio/run/run_controller.h"
#include "app/studio/widgets/appearance.h"
#include "app/studio/widgets/message_bar.h"
#include "tests/app/studio/fake_services.h"

using namespace tandem;
using namespace tandem::studio;
using studio_test::FakeServices;
using Page = MainWindow::Page;

namespace {

constexpr int patience_ms = 10'000;

std::string example_text() {
    return write_experiment(new_experiment("random:SmolLM2-135M"));
}

QPushButton* button_of(MessageBar& bar, const QString& text) {
    for (QPushButton* button : bar.findChildren<QPushButton*>()) {
        if (button->text() == text && button->isVisible()) {
            return button;
        }
    }
    return nullptr;
}

// Empty where the widget is wholly inside the window and not smaller than it needs.
QString clipped(const MainWindow& window, const QString& name) {
    const auto* widget = window.findChild<QWidget*>(name);
    if (!widget || !widget->isVisible()) {
        return name + QStringLiteral(" is not there");
    }
    const QRect place(widget->mapTo(&window, QPoint(0, 0)), widget->size());
    if (!window.rect().contains(place)) {
        return name + QStringLiteral(" is outside");
    }
    const QSize needs = widget->minimumSizeHint().expandedTo(widget->minimumSize());
    if (place.width() < needs.width() || place.height() < needs.height()) {
        return name + QStringLiteral(" is too small");
    }
    return {};
}

}  // namespace

class TestStudioWindow : public QObject {
    Q_OBJECT
private slots:
    void initTestCase() {
        QCoreApplication::setOrganizationName(QStringLiteral("tandem-test"));
        QCoreApplication::setApplicationName(QStringLiteral("studio"));
    }
    void init() { QSettings().clear(); }

    void essential_widgets_are_whole_at_small_and_large_sizes_data() {
        QTest::addColumn<QSize>("size");
        QTest::newRow("1024x640") << QSize(1024, 640);
        QTest::newRow("1920x1200") << QSize(1920, 1200);
    }
    void essential_widgets_are_whole_at_small_and_large_sizes() {
        QFETCH(QSize, size);
        FakeServices fakes;
        fakes.results.rows = studio_test::sweep_rows();
        MainWindow window(fakes.services());
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        window.document().start(example_text());
        window.show_page(Page::experiment);
        QTRY_COMPARE(window.run().state(), RunController::State::ready);
        QCoreApplication::processEvents();
        QCOMPARE(window.size(), size);
        for (const char* name : {"experiment_form", "yaml_editor", "plan_summary", "run_button", "experiment_name"}) {
            QCOMPARE(clipped(window, QLatin1String(name)), QString());
        }
        window.run().run();
        QTRY_COMPARE(window.run().state(), RunController::State::ready);  // done and planned again
        QCOMPARE(window.page(), Page::run);
        QCoreApplication::processEvents();
        for (const char* name : {"run_table", "live_text", "run_log", "run_status", "batch_progress"}) {
            QCOMPARE(clipped(window, QLatin1String(name)), QString());
        }
        window.show_page(Page::results);
        QTRY_COMPARE(window.findChild<QTableView*>(QStringLiteral("results_table"))->model()->rowCount(), 7);
        QCoreApplication::processEvents();
        for (const char* name : {"results_table", "metric_chart", "sequence_chart", "metric_picker",
                                 "experiment_picker", "results_filter", "export_button"}) {
            QCOMPARE(clipped(window, QLatin1String(name)), QString());
        }
    }

    void a_database_with_results_opens_on_them_and_an_empty_one_says_what_to_do() {
        FakeServices full;
        full.results.rows = studio_test::sweep_rows();
        MainWindow with(full.services());
        QTRY_COMPARE(with.page(), Page::results);
        FakeServices fresh;
        MainWindow without(fresh.services());
        without.show();
        QTest::qWait(50);
        QCOMPARE(without.page(), Page::experiment);
        bool hint = false;
        for (const QLabel* label : without.findChildren<QLabel*>()) {
            hint |= label->isVisible() && label->text().contains(QLatin1String("No experiment is open"));
        }
        QVERIFY(hint);
    }

    void closing_during_a_run_asks_then_stops_and_closes() {
        FakeServices fakes;
        std::atomic<bool> stopped = false;
        fakes.runs.on_run = [&](const PreparedRun&, const RunListener&,
                                const std::stop_token& stop) -> Result<RunSummary> {
            while (!stop.stop_requested()) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            stopped = true;
            return RunSummary{.interrupted = true};
        };
        MainWindow window(fakes.services());
        window.show();
        window.document().start(example_text());
        QTRY_COMPARE_WITH_TIMEOUT(window.run().state(), RunController::State::ready, patience_ms);
        window.run().run();
        QVERIFY(!window.close());
        QVERIFY(window.isVisible());
        QVERIFY(window.messages().is_question());
        QPushButton* let_run = button_of(window.messages(), QStringLiteral("Let it run"));
        QVERIFY(let_run);
        let_run->click();
        QVERIFY(window.run().is_running());
        QVERIFY(!window.close());
        QPushButton* stop = button_of(window.messages(), QStringLiteral("Stop it and close"));
        QVERIFY(stop);
        stop->click();
        QTRY_VERIFY_WITH_TIMEOUT(!window.isVisible(), patience_ms);
        QVERIFY(stopped);
    }

    void unsaved_changes_are_asked_about() {
        FakeServices fakes;
        MainWindow window(fakes.services());
        window.show();
        window.document().start(example_text());
        window.document().set_text(example_text() + "# more\n", ExperimentDocument::Origin::editor);
        QVERIFY(window.isWindowModified());
        QVERIFY(!window.close());
        QPushButton* discard = button_of(window.messages(), QStringLiteral("Discard them"));
        QVERIFY(discard);
        discard->click();
        QTRY_VERIFY(!window.isVisible());
    }

    void errors_come_in_the_bar_with_details_and_no_box() {
        FakeServices fakes;
        fakes.runs.on_prepare = [](const std::string&) -> Result<PreparedRun> {
            return Error{.code = "PLAN_TOO_LARGE_FOR_TARGET", .message = "needs 9 GiB\nNothing was run", .where = "x"};
        };
        MainWindow window(fakes.services());
        window.show();
        window.document().start(example_text());
        QTRY_VERIFY_WITH_TIMEOUT(window.messages().isVisible(), patience_ms);
        QVERIFY(window.messages().text().contains("needs 9 GiB"));
        QVERIFY(window.messages().details().contains("error: PLAN_TOO_LARGE_FOR_TARGET"));
        QVERIFY(!QApplication::activeModalWidget());
        QTest::keyClick(&window, Qt::Key_Escape);
        QVERIFY(!window.messages().isVisible());
    }

    void a_missing_model_that_the_catalogue_knows_is_fetched_on_request() {
        FakeServices fakes;
        fakes.runs.on_prepare = [&](const std::string&) -> Result<PreparedRun> {
            const std::lock_guard lock(fakes.models.mutex);
            if (fakes.models.entries.empty()) {
                return Error{.code = "MODEL_NOT_FOUND", .message = "no such model", .where = "x"};
            }
            return studio_test::prepared_run(1);
        };
        MainWindow window(fakes.services());
        window.show();
        window.document().start(write_experiment(new_experiment("smollm2-135m-instruct-q4_1")));
        QPushButton* fetch = nullptr;
        QTRY_VERIFY_WITH_TIMEOUT(
            (fetch = button_of(window.messages(), QStringLiteral("Fetch smollm2-135m-instruct-q4_1"))), patience_ms);
        fetch->click();
        QTRY_COMPARE_WITH_TIMEOUT(window.run().state(), RunController::State::ready, patience_ms);
        QCOMPARE(window.document().spec()->models.size(), std::size_t(1));
    }

    void every_page_and_command_has_a_key_and_no_key_has_two() {
        FakeServices fakes;
        MainWindow window(fakes.services());
        QMap<QKeySequence, QString> keys;
        for (const QAction* action : window.findChildren<QAction*>()) {
            const QKeySequence key = action->shortcut();
            if (!key.isEmpty()) {
                QVERIFY2(!keys.contains(key), qPrintable(key.toString() + action->text() + keys.value(key)));
                keys[key] = action->text();
            }
        }
        for (const char* key : {"Ctrl+1", "Ctrl+2", "Ctrl+3", "F5", "Ctrl+.", "Ctrl+O", "Ctrl+S", "Ctrl+N", "Ctrl+F"}) {
            QVERIFY2(keys.contains(QKeySequence(QLatin1String(key))), key);
        }
    }

    void widgets_that_take_the_keyboard_have_names_for_screen_readers() {
        FakeServices fakes;
        fakes.results.rows = studio_test::sweep_rows();
        MainWindow window(fakes.services());
        window.document().start(example_text());
        for (const auto* widget : window.findChildren<QWidget*>()) {
            const bool data = qobject_cast<const QComboBox*>(widget) || qobject_cast<const QTableView*>(widget) ||
                              qobject_cast<const QPlainTextEdit*>(widget);
            if (data) {
                QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
            }
        }
    }

    void size_and_place_are_remembered() {
        FakeServices fakes;
        {
            MainWindow window(fakes.services());
            window.resize(1100, 700);
            window.show();
            window.close();
        }
        MainWindow again(fakes.services());
        QCOMPARE(again.size(), QSize(1100, 700));
    }

    void text_stays_readable_in_light_and_dark() {
        for (const Appearance appearance : {Appearance::light, Appearance::dark, Appearance::system}) {
            apply_appearance(appearance);
            const QPalette palette = QApplication::palette();
            const QColor base = palette.color(QPalette::Base);
            for (const Tint tint : {Tint::red, Tint::amber, Tint::green, Tint::blue}) {
                QVERIFY(std::abs(ink(palette, tint).lightnessF() - base.lightnessF()) > 0.25);
                QVERIFY(std::abs(palette.color(QPalette::Text).lightnessF() - tinted(base, tint).lightnessF()) > 0.35);
            }
        }
    }
};

QTEST_MAIN(TestStudioWindow)
#include "test_studio_window.moc"
