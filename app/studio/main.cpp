// tandem-studio [--db PATH] [FILE]
#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QIcon>

#include "app/library/library.h"
#include "app/studio/main_window.h"
#include "app/studio/service/local_services.h"
#include "app/studio/widgets/appearance_menu.h"
#include "db/store/store.h"

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QCoreApplication::setOrganizationName(QStringLiteral("tandem"));
    QCoreApplication::setApplicationName(QStringLiteral("tandem-studio"));
    QCoreApplication::setApplicationVersion(QStringLiteral(TANDEM_VERSION));
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Tandem Studio"));
    QGuiApplication::setDesktopFileName(QStringLiteral("tandem-studio"));
    QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/tandem-studio.svg")));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Declare experiments, run them and see their results."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption database(QStringLiteral("db"), QStringLiteral("Results are read from and stored in PATH."),
                                      QStringLiteral("PATH"));
    parser.addOption(database);
    parser.addPositionalArgument(QStringLiteral("FILE"), QStringLiteral("An experiment to open."),
                                 QStringLiteral("[FILE]"));
    parser.process(application);
    if (parser.positionalArguments().size() > 1) {
        qCritical("error: one FILE at most, found %d; see tandem-studio --help",
                  static_cast<int>(parser.positionalArguments().size()));
        return 2;
    }

    tandem::studio::apply_remembered_appearance();
    const tandem::studio::LocalServices services(
        {.database = parser.isSet(database) ? std::filesystem::path(parser.value(database).toStdString())
                                            : tandem::default_database_path(),
         .library = tandem::Library::default_folder()});
    tandem::studio::MainWindow window(services.services());
    if (!parser.positionalArguments().isEmpty()) {
        window.open_file(parser.positionalArguments().first());
    }
    window.show();
    return QApplication::exec();
}
