#include "app/studio/widgets/appearance_menu.h"

#include <QActionGroup>
#include <QMenu>
#include <QSettings>
#include <utility>

#include "app/studio/widgets/appearance.h"

namespace tandem::studio {
namespace {

const char* const setting = "appearance";

Appearance remembered() {
    return appearance_from_name(QSettings().value(QLatin1String(setting)).toString());
}

}  // namespace

void fill_appearance_menu(QMenu& menu) {
    auto* choices = new QActionGroup(&menu);
    const std::pair<Appearance, QString> all[] = {{Appearance::system, QMenu::tr("As the &desktop")},
                                                  {Appearance::light, QMenu::tr("&Light")},
                                                  {Appearance::dark, QMenu::tr("Dar&k")}};
    for (const auto& [choice, text] : all) {
        QAction* action = menu.addAction(text, &menu, [choice = choice] {
            apply_appearance(choice);
            QSettings().setValue(QLatin1String(setting), appearance_name(choice));
        });
        action->setCheckable(true);
        action->setChecked(choice == remembered());
        choices->addAction(action);
    }
}

void apply_remembered_appearance() {
    apply_appearance(remembered());
}

}  // namespace tandem::studio
