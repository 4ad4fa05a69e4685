#include <algorithm>
#include <map>

#include "app/report/chart_svg.h"
#include "app/report/comparison.h"
#include "app/report/report_markup.h"
#include "app/report/report_sections.h"
#include "engine/api/utf8.h"

namespace tandem::report {
namespace {

constexpr std::size_t longest_answer = 20'000;  // bytes shown
constexpr std::size_t most_cards = 24;          // for one prompt

// Trials that gave the same text share a card.
struct Card {
    std::vector<std::string> labels;
    const Answer* answer;
};

struct Prompt {
    std::string question;
    std::vector<Card> cards;
};

std::size_t byte_of_character(std::string_view text, std::size_t characters) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < characters && at < text.size(); ++i) {
        (void)next_character(text, at);
    }
    return at;
}

std::string shown(std::string_view text) {
    if (text.size() <= longest_answer) {
        return markup_escaped(text);
    }
    std::size_t end = 0;
    for (std::size_t at = 0; at <= longest_answer;) {
        end = at;
        (void)next_character(text, at);
    }
    return markup_escaped(text.substr(0, end)) + "… <em>(" + std::to_string(text.size() - end) +
           " bytes more are in the database)</em>";
}

std::string stop_in_words(const Answer& answer) {
    const std::string tokens = answer.tokens > 0 ? std::to_string(answer.tokens) + " tokens" : std::string();
    std::string why = answer.stopped_by;
    if (why == "eos") {
        why = "ended by the model";
    } else if (why == "length") {
        why = "cut at the longest length allowed";
    } else if (why == "stop") {
        why = "ended at a stop string";
    }
    return tokens + (tokens.empty() || why.empty() ? "" : ", ") + why;
}

std::string card_html(const Card& card, const Card& first) {
    std::string who;
    for (const std::string& label : card.labels) {
        who += (who.empty() ? "" : "; ") + label;
    }
    std::string html = "<article><header>" + markup_escaped(who) + "</header><div class=\"text\">";
    const std::string& text = card.answer->text;
    const auto differs = &card == &first ? std::nullopt : first_difference(first.answer->text, text);
    if (differs && text.size() <= longest_answer) {
        // From the first character that is not the first card's; up to the end of its word it is marked.
        const std::size_t from = byte_of_character(text, *differs);
        const std::size_t to = std::min(text.find_first_of(" \n", from + 1), text.size());
        html += markup_escaped(text.substr(0, from)) +
                (from < to ? element("mark", "", text.substr(from, to - from)) : std::string()) +
                markup_escaped(text.substr(std::max(from, to)));
    } else {
        html += text.empty() ? "<em class=\"quiet\">(empty)</em>" : shown(text);
    }
    std::string foot = stop_in_words(*card.answer);
    if (differs) {
        foot += (foot.empty() ? "" : "; ") + std::string("differs from the first from the marked word on");
    }
    return html + "</div>" + element("footer", "", foot) + "</article>\n";
}

}  // namespace

Section answers_section(const ReportData& data) {
    std::vector<TrialRow> trials;
    std::vector<const ReportTrial*> answering;
    for (const ReportTrial& trial : data.details) {
        if (!trial.answers.empty()) {
            trials.push_back(trial.detail.row);
            answering.push_back(&trial);
        }
    }
    const std::vector<std::string> labels = row_labels(result_rows(trials, Seeds::apart));
    std::vector<Prompt> prompts;
    std::map<std::string, std::size_t> by_question;
    for (std::size_t i = 0; i < answering.size(); ++i) {
        for (const Answer& answer : answering[i]->answers) {
            const std::string key = answer.question.empty() ? "\x1f" + std::to_string(answer.prompt) : answer.question;
            const auto [found, added] = by_question.emplace(key, prompts.size());
            if (added) {
                prompts.push_back({.question = answer.question, .cards = {}});
            }
            auto& cards = prompts[found->second].cards;
            const auto same = std::find_if(cards.begin(), cards.end(), [&](const Card& card) {
                return card.answer->text == answer.text && card.answer->stopped_by == answer.stopped_by;
            });
            if (same == cards.end()) {
                cards.push_back({{labels[i]}, &answer});
            } else {
                same->labels.push_back(labels[i]);
            }
        }
    }
    std::string html;
    for (std::size_t p = 0; p < prompts.size(); ++p) {
        html += element("h3", "", "Prompt " + std::to_string(p + 1)) + "\n";
        if (!prompts[p].question.empty()) {
            html += element("blockquote", "", prompts[p].question) + "\n";
        }
        html += "<div class=\"answers\">\n";
        const auto& cards = prompts[p].cards;
        for (std::size_t c = 0; c < std::min(cards.size(), most_cards); ++c) {
            html += card_html(cards[c], cards.front());
        }
        html += "</div>\n";
        if (cards.size() > most_cards) {
            html +=
                element("p", "note", std::to_string(cards.size() - most_cards) + " more answers are in the database") +
                "\n";
        }
    }
    return {"answers", "Answers", html};
}

}  // namespace tandem::report
