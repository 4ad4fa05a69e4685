// The results table: sortable, its selection says what the charts show, copies as tab-separated text. Thread rule: the
// window's thread.
#pragma once

#include <QTableView>
#include <string>
#include <vector>

namespace tandem::studio {

class TrialTableView : public QTableView {
    Q_OBJECT
public:
    explicit TrialTableView(QWidget* parent = nullptr);
    // Ids in the order of the rows on screen.
    std::vector<std::string> selected_ids() const;
    std::string current_id() const;
    // The selected rows, or all, with a header.
    QString as_text() const;
    void fit_columns();

protected:
    void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace tandem::studio
