// The menu that chooses light, dark or the desktop's colours, and remembers it. Thread rule: the window's thread.
#pragma once

class QMenu;

namespace tandem::studio {

void fill_appearance_menu(QMenu& menu);

// What was chosen in an earlier session.
void apply_remembered_appearance();

}  // namespace tandem::studio
