#include <algorithm>
#include <initializer_list>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_parser.h"

namespace tandem::jinja {
namespace {

using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

class StatementParser : public ExpressionParser {
public:
    using ExpressionParser::ExpressionParser;

    Body run() {
        Body body = statements({});
        if (current().kind != TokenKind::end) {
            unexpected("the end of the template");
        }
        return body;
    }

private:
    bool at_tag(std::initializer_list<std::string_view> names) const {
        return current().kind == TokenKind::block_begin && ahead().kind == TokenKind::name &&
               std::find(names.begin(), names.end(), ahead().text) != names.end();
    }

    static StatementPtr make(StatementKind kind, Place place) {
        auto node = std::make_unique<Statement>();
        node->kind = kind;
        node->place = place;
        return node;
    }

    // Up to a tag of one of these names, which stays.
    Body statements(std::initializer_list<std::string_view> ends) {
        const Level level(*this);
        Body body;
        while (current().kind != TokenKind::end && !at_tag(ends)) {
            const Place place = current().place;
            if (current().kind == TokenKind::data) {
                StatementPtr node = make(StatementKind::data, place);
                node->text = next().text;
                body.push_back(std::move(node));
            } else if (current().kind == TokenKind::variable_begin) {
                next();
                StatementPtr node = make(StatementKind::output, place);
                node->expression = tuple_or_expression();
                if (current().kind != TokenKind::variable_end) {
                    unexpected("'}}'");
                }
                next();
                body.push_back(std::move(node));
            } else {
                next();
                body.push_back(tag(place));
            }
        }
        return body;
    }

    void end_tag() {
        if (current().kind != TokenKind::block_end) {
            unexpected("'%}'");
        }
        next();
    }

    void closing(const char* name, Place opened) {
        if (!at_tag({name})) {
            refuse(std::string("this tag needs a {% ") + name + " %}", opened);
        }
        next();
        next();
        end_tag();
    }

    StatementPtr tag(Place place) {
        const std::string name = expect_name("a tag's name");
        if (name == "if") {
            return condition(place);
        }
        if (name == "for") {
            return loop(place);
        }
        if (name == "set") {
            return set(place);
        }
        if (name == "macro") {
            return macro(place);
        }
        if (name == "generation") {
            // transformers marks what the model wrote; here it only groups.
            end_tag();
            StatementPtr node = make(StatementKind::group, place);
            node->branches.emplace_back();
            node->branches[0].body = statements({"endgeneration"});
            closing("endgeneration", place);
            return node;
        }
        if (name == "break" || name == "continue") {
            if (loops_ == 0) {
                refuse("'" + name + "' outside a loop", place);
            }
            end_tag();
            return make(name == "break" ? StatementKind::leave_loop : StatementKind::next_round, place);
        }
        refuse(
            "the tag '" + printable(name) +
                "' is not supported here, supported are if, elif, else, for, break, continue, set, macro, generation",
            place);
    }

    StatementPtr condition(Place place) {
        StatementPtr node = make(StatementKind::condition, place);
        while (true) {
            Branch branch;
            branch.condition = tuple_or_expression();
            end_tag();
            branch.body = statements({"elif", "else", "endif"});
            node->branches.push_back(std::move(branch));
            if (!at_tag({"elif"})) {
                break;
            }
            next();
            next();
        }
        if (at_tag({"else"})) {
            next();
            next();
            end_tag();
            Branch branch;
            branch.body = statements({"endif"});
            node->branches.push_back(std::move(branch));
        }
        closing("endif", place);
        return node;
    }

    StatementPtr loop(Place place) {
        StatementPtr node = make(StatementKind::loop, place);
        node->names = targets();
        if (!skip_name("in")) {
            unexpected("'in'");
        }
        node->expression = expression_without_conditional();
        if (skip_name("if")) {
            node->condition = expression();
        }
        if (is_name("recursive")) {
            refuse("recursive loops are not supported", current().place);
        }
        end_tag();
        ++loops_;
        node->branches.emplace_back();
        node->branches[0].body = statements({"else", "endfor"});
        --loops_;
        if (at_tag({"else"})) {
            next();
            next();
            end_tag();
            node->branches.emplace_back();
            node->branches[1].body = statements({"endfor"});
        }
        closing("endfor", place);
        return node;
    }

    std::vector<std::string> targets() {
        const bool brackets = skip_operation("(");
        std::vector<std::string> names{target()};
        while (skip_operation(",")) {
            names.push_back(target());
        }
        if (brackets) {
            expect_operation(")");
        }
        return names;
    }

    std::string target() {
        const Place place = current().place;
        std::string name = expect_name("a variable's name");
        if (name == "loop" || name.starts_with('_')) {
            refuse("'" + printable(name) + "' cannot be set", place);
        }
        return name;
    }

    StatementPtr set(Place place) {
        StatementPtr node = make(StatementKind::set, place);
        node->names = targets();
        if (node->names.size() == 1 && skip_operation(".")) {
            node->text = std::move(node->names[0]);
            node->names[0] = target();
        }
        if (skip_operation("=")) {
            node->expression = tuple_or_expression();
            end_tag();
            return node;
        }
        if (node->names.size() > 1 || is_operation("|")) {
            refuse("a set with a body takes one name and no filter", place);
        }
        node->kind = StatementKind::set_block;
        end_tag();
        const int outer = std::exchange(loops_, 0);
        node->branches.emplace_back();
        node->branches[0].body = statements({"endset"});
        loops_ = outer;
        closing("endset", place);
        return node;
    }

    StatementPtr macro(Place place) {
        StatementPtr node = make(StatementKind::macro, place);
        node->text = target();
        expect_operation("(");
        while (!is_operation(")")) {
            node->names.push_back(target());
            if (skip_operation("=")) {
                node->defaults.push_back(expression());
            } else if (!node->defaults.empty()) {
                refuse("a parameter without a default follows one with a default", place);
            }
            if (!skip_operation(",") && !is_operation(")")) {
                unexpected("',' or ')'");
            }
        }
        next();
        end_tag();
        const int outer = std::exchange(loops_, 0);
        node->branches.emplace_back();
        node->branches[0].body = statements({"endmacro"});
        loops_ = outer;
        closing("endmacro", place);
        return node;
    }

    int loops_ = 0;
};

}  // namespace

std::vector<std::unique_ptr<Statement>> parse_template(std::string_view source) {
    return StatementParser(tokenise(source)).run();
}

}  // namespace tandem::jinja
