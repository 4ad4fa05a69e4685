// The models of an experiment, and a menu of those that can be added: from the library, shapes with random weights, a
// file, a folder or a name to fetch. Thread rule: the window's thread.
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "app/library/library.h"
#include "experiments/spec/spec.h"

class QListWidget;
class QMenu;
class QProgressBar;
class QPushButton;

namespace tandem::studio {

class NameField;

class ModelSection : public QWidget {
    Q_OBJECT
public:
    explicit ModelSection(QWidget* parent = nullptr);

    void set_models(const std::vector<ModelSpec>& models);
    void choose_last();
    void set_choices(const std::vector<LibraryEntry>& library, const std::vector<std::string>& shapes,
                     const std::vector<std::string>& catalogue);
    // A model being added to the library; `fraction` below 0: not known.
    void show_progress(const QString& what, double fraction);
    void hide_progress();
    QMenu* add_menu() const { return menu_; }

signals:
    void chosen(const std::string& source);  // for this experiment
    void wanted(const std::string& source);  // for the library first: a file, a folder, a link or a catalogue name
    void removed(const std::string& name);
    void renamed(const std::string& name, const std::string& fresh);
    void cancelled();

private:
    void show_chosen();
    void fill_menu();
    void ask_file();
    void ask_folder();
    void ask_link();

    std::vector<LibraryEntry> library_;
    std::vector<std::string> shapes_;
    std::vector<std::string> catalogue_;  // what can be fetched and is not in the library
    std::vector<ModelSpec> models_;
    QListWidget* list_;
    QWidget* name_row_;
    NameField* name_;
    QPushButton* add_;
    QPushButton* remove_;
    QMenu* menu_;
    QWidget* progress_row_;
    QProgressBar* progress_;
};

}  // namespace tandem::studio
