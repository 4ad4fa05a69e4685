#include <algorithm>
#include <initializer_list>
#include <set>

#include "engine/api/utf8.h"
#include "engine/tokenizer/template_parser.h"

namespace tandem::jinja {
namespace {

using StatementPtr = std::unique_ptr<Statement>;
using Body = std::vector<StatementPtr>;

constexpr std::size_t most_parameters = 255;

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
            // transformers marks what the model wrote; the text is that of the body.
            StatementPtr node = make(StatementKind::call_block, place);
            end_tag();
            own_function(*node, "endgeneration", place);
            return node;
        }
        if (name == "call") {
            return call(place);
        }
        if (name == "filter") {
            StatementPtr node = make(StatementKind::filter_block, place);
            node->expression = filter_chain(nullptr);
            end_tag();
            own_body(*node, "endfilter", place);
            return node;
        }
        if (name == "with") {
            return with(place);
        }
        if (name == "block") {
            return block(place);
        }
        if (name == "break" || name == "continue") {
            if (loops_ == 0) {
                refuse("'" + name + "' outside a loop", place);
            }
            end_tag();
            return make(name == "break" ? StatementKind::leave_loop : StatementKind::next_round, place);
        }
        refuse("the tag '" + printable(name) +
                   "' is not supported here, supported are if, elif, else, for, break, continue, set, macro, call, "
                   "filter, with, block, raw, generation",
               place);
    }

    void own_body(Statement& node, const char* end, Place place) {
        const int outer = std::exchange(conditions_, 0);
        node.branches.emplace_back();
        node.branches[0].body = statements({end});
        conditions_ = outer;
        closing(end, place);
    }

    // A body that is called: no loop around it can be left from within.
    void own_function(Statement& node, const char* end, Place place) {
        const int outer = std::exchange(loops_, 0);
        own_body(node, end, place);
        loops_ = outer;
    }

    StatementPtr condition(Place place) {
        StatementPtr node = make(StatementKind::condition, place);
        while (true) {
            Branch branch;
            branch.condition = tuple_without_conditional();
            end_tag();
            ++conditions_;
            branch.body = statements({"elif", "else", "endif"});
            --conditions_;
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
            ++conditions_;
            branch.body = statements({"endif"});
            --conditions_;
            node->branches.push_back(std::move(branch));
        }
        closing("endif", place);
        return node;
    }

    StatementPtr loop(Place place) {
        StatementPtr node = make(StatementKind::loop, place);
        ++loops_;
        node->target = target(false);
        --loops_;
        if (!skip_name("in")) {
            unexpected("'in'");
        }
        node->expression = tuple_without_conditional();
        if (skip_name("if")) {
            node->condition = expression();
        }
        node->recursive = skip_name("recursive");
        end_tag();
        const int outer = std::exchange(conditions_, 0);
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
        conditions_ = outer;
        closing("endfor", place);
        return node;
    }

    StatementPtr set(Place place) {
        StatementPtr node = make(StatementKind::set, place);
        node->target = target(true);
        if (skip_operation("=")) {
            node->expression = tuple_or_expression();
            end_tag();
            return node;
        }
        node->kind = StatementKind::set_block;
        if (skip_operation("|")) {
            node->expression = filter_chain(nullptr);
        }
        end_tag();
        own_body(*node, "endset", place);
        return node;
    }

    void parameters(Statement& node) {
        expect_operation("(");
        while (!is_operation(")")) {
            const Place place = current().place;
            node.names.push_back(variable_name("a parameter's name"));
            if (std::count(node.names.begin(), node.names.end(), node.names.back()) > 1) {
                refuse("the parameter '" + printable(node.names.back()) + "' is there twice", place);
            }
            if (node.names.size() > most_parameters) {
                refuse("a macro takes at most " + std::to_string(most_parameters) + " parameters", place);
            }
            if (skip_operation("=")) {
                node.defaults.push_back(expression());
            } else if (!node.defaults.empty()) {
                refuse("a parameter without a default follows one with a default", place);
            }
            if (!skip_operation(",") && !is_operation(")")) {
                unexpected("',' or ')'");
            }
        }
        next();
    }

    StatementPtr macro(Place place) {
        StatementPtr node = make(StatementKind::macro, place);
        node->text = variable_name("a macro's name");
        parameters(*node);
        end_tag();
        own_function(*node, "endmacro", place);
        return node;
    }

    StatementPtr call(Place place) {
        StatementPtr node = make(StatementKind::call_block, place);
        if (is_operation("(")) {
            parameters(*node);
        }
        node->expression = expression();
        if (node->expression->kind != ExpressionKind::call) {
            refuse("the tag 'call' needs a call", place);
        }
        end_tag();
        own_function(*node, "endcall", place);
        return node;
    }

    StatementPtr with(Place place) {
        StatementPtr node = make(StatementKind::with, place);
        while (current().kind != TokenKind::block_end) {
            if (!node->names.empty()) {
                expect_operation(",");
            }
            node->names.push_back(variable_name("a variable's name"));
            expect_operation("=");
            node->defaults.push_back(expression());
        }
        end_tag();
        own_body(*node, "endwith", place);
        return node;
    }

    StatementPtr block(Place place) {
        StatementPtr node = make(StatementKind::block, place);
        node->text = expect_name("a block's name");
        if (is_name("scoped") || is_name("required")) {
            refuse("a block that is scoped or required is not supported", place);
        }
        if (!blocks_.insert(node->text).second) {
            refuse("the block '" + printable(node->text) + "' is there twice", place);
        }
        end_tag();
        const int outer = std::exchange(loops_, 0);
        const int conditions = std::exchange(conditions_, 0);
        node->branches.emplace_back();
        node->branches[0].body = statements({"endblock"});
        loops_ = outer;
        conditions_ = conditions;
        if (!at_tag({"endblock"})) {
            refuse("this tag needs a {% endblock %}", place);
        }
        next();
        next();
        skip_name(node->text);
        end_tag();
        return node;
    }

    std::set<std::string> blocks_;
};

}  // namespace

Template parse_template(std::string_view source) {
    Template parsed{.body = StatementParser(tokenise(source)).run()};
    find_scopes(parsed);
    return parsed;
}

}  // namespace tandem::jinja
