#include "engine/tokenizer/template_parser.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/api/utf8.h"

namespace tandem::jinja {
namespace {

constexpr int longest_chain = 200;  // a + b + c ... nests to the left, and the evaluator follows

std::string described(const Token& token) {
    switch (token.kind) {
        case TokenKind::end:
            return "the end of the template";
        case TokenKind::block_end:
            return "the end of the tag";
        case TokenKind::variable_end:
            return "the end of the expression";
        case TokenKind::data:
            return "text";
        default:
            return "'" + printable(token.text) + "'";
    }
}

}  // namespace

void ExpressionParser::refuse_hidden(const std::string& name, Place place) {
    if (name.starts_with("__")) {
        refuse("'" + printable(name) + "' begins with underscores: the inside of values is out of reach", place);
    }
}

bool ExpressionParser::skip_operation(std::string_view text) {
    if (!is_operation(text)) {
        return false;
    }
    next();
    return true;
}

bool ExpressionParser::skip_name(std::string_view text) {
    if (!is_name(text)) {
        return false;
    }
    next();
    return true;
}

void ExpressionParser::expect_operation(std::string_view text) {
    if (!skip_operation(text)) {
        unexpected("'" + std::string(text) + "'");
    }
}

std::string ExpressionParser::expect_name(const char* what) {
    if (current().kind != TokenKind::name) {
        unexpected(what);
    }
    return next().text;
}

void ExpressionParser::unexpected(const std::string& wanted) const {
    refuse("need " + wanted + ", found " + described(current()), current().place);
}

ExpressionPtr ExpressionParser::make(ExpressionKind kind, Place place, std::string text) const {
    auto node = std::make_unique<Expression>();
    node->kind = kind;
    node->place = place;
    node->text = std::move(text);
    return node;
}

ExpressionPtr ExpressionParser::expression() {
    const Level level(*this);
    ExpressionPtr node = either();
    while (is_name("if")) {
        ExpressionPtr choice = make(ExpressionKind::conditional, next().place);
        ++conditions_;
        choice->children.push_back(std::move(node));
        choice->children.push_back(either());
        choice->children.push_back(skip_name("else") ? expression() : nullptr);
        --conditions_;
        node = std::move(choice);
        grow(node);
    }
    return node;
}

ExpressionPtr ExpressionParser::expression_without_conditional() {
    const Level level(*this);
    return either();
}

ExpressionPtr ExpressionParser::tuple_or_expression() {
    return tuple_of(expression(), true);
}

ExpressionPtr ExpressionParser::tuple_without_conditional() {
    return tuple_of(expression_without_conditional(), false);
}

ExpressionPtr ExpressionParser::tuple_of(ExpressionPtr first, bool conditionals) {
    if (!is_operation(",")) {
        return first;
    }
    ExpressionPtr tuple = make(ExpressionKind::tuple, first->place);
    tuple->children.push_back(std::move(first));
    while (skip_operation(",")) {
        if (current().kind == TokenKind::block_end || current().kind == TokenKind::variable_end || is_operation(")") ||
            is_name("recursive")) {
            break;
        }
        tuple->children.push_back(conditionals ? expression() : expression_without_conditional());
    }
    return tuple;
}

std::string ExpressionParser::variable_name(const char* what) {
    const Place place = current().place;
    std::string name = expect_name(what);
    for (const char* constant : {"true", "false", "none", "True", "False", "None"}) {
        if (name == constant) {
            refuse("'" + name + "' cannot be set", place);
        }
    }
    return name;
}

ExpressionPtr ExpressionParser::target(bool with_fields) {
    ExpressionPtr first = one_target(with_fields);
    if (!is_operation(",")) {
        return first;
    }
    ExpressionPtr tuple = make(ExpressionKind::tuple, first->place);
    tuple->children.push_back(std::move(first));
    while (skip_operation(",")) {
        if (current().kind != TokenKind::name && !is_operation("(")) {
            break;
        }
        tuple->children.push_back(one_target(with_fields));
    }
    return tuple;
}

ExpressionPtr ExpressionParser::one_target(bool with_fields) {
    const Level level(*this);
    const Place place = current().place;
    if (skip_operation("(")) {
        ExpressionPtr inner = target(with_fields);
        expect_operation(")");
        return inner;
    }
    ExpressionPtr node = make(ExpressionKind::name, place, variable_name("a variable's name"));
    if (with_fields && skip_operation(".")) {
        node->kind = ExpressionKind::field;
        node->names.push_back(expect_name("a field's name"));
        refuse_hidden(node->names[0], place);
    } else if (node->text == "loop" && loops_ > 0) {
        refuse("'loop' cannot be set in a loop", place);
    }
    return node;
}

// Chains nest to the left without going through Level; `constant` counts how long this one is.
void ExpressionParser::grow(ExpressionPtr& chain) {
    const auto* before = chain->children.front() ? chain->children.front()->constant.as<std::int64_t>() : nullptr;
    const bool counts = before != nullptr && chain->children.front()->kind != ExpressionKind::constant;
    const std::int64_t length = counts ? *before + 1 : 1;
    if (length > longest_chain) {
        refuse("an expression has more than " + std::to_string(longest_chain) + " parts in a row", chain->place);
    }
    chain->constant = Value::integer(length);
}

ExpressionPtr ExpressionParser::binary(ExpressionPtr left, std::string operation, ExpressionPtr right) {
    const ExpressionKind kind = operation == "and"  ? ExpressionKind::both
                                : operation == "or" ? ExpressionKind::either
                                : operation == "~"  ? ExpressionKind::concatenate
                                                    : ExpressionKind::binary;
    ExpressionPtr node = make(kind, left->place, std::move(operation));
    node->children.push_back(std::move(left));
    node->children.push_back(std::move(right));
    grow(node);
    return node;
}

ExpressionPtr ExpressionParser::either() {
    ExpressionPtr left = both();
    while (skip_name("or")) {
        left = binary(std::move(left), "or", both());
    }
    return left;
}

ExpressionPtr ExpressionParser::both() {
    ExpressionPtr left = negation();
    while (skip_name("and")) {
        left = binary(std::move(left), "and", negation());
    }
    return left;
}

ExpressionPtr ExpressionParser::negation() {
    if (!is_name("not")) {
        return comparison();
    }
    const Level level(*this);
    ExpressionPtr node = make(ExpressionKind::negate, next().place);
    node->children.push_back(negation());
    return node;
}

ExpressionPtr ExpressionParser::comparison() {
    ExpressionPtr first = sum();
    ExpressionPtr node;
    constexpr std::array<std::string_view, 6> signs{"==", "!=", "<", "<=", ">", ">="};
    while (true) {
        std::string operation;
        if (current().kind == TokenKind::operation &&
            std::find(signs.begin(), signs.end(), current().text) != signs.end()) {
            operation = next().text;
        } else if (is_name("in")) {
            operation = next().text;
        } else if (is_name("not") && ahead().kind == TokenKind::name && ahead().text == "in") {
            next();
            next();
            operation = "not in";
        } else {
            break;
        }
        if (!node) {
            node = make(ExpressionKind::comparison, first->place);
            node->children.push_back(std::move(first));
        }
        node->names.push_back(std::move(operation));
        node->children.push_back(sum());
    }
    return node ? std::move(node) : std::move(first);
}

ExpressionPtr ExpressionParser::sum() {
    ExpressionPtr left = concatenation();
    while (is_operation("+") || is_operation("-")) {
        std::string operation = next().text;
        left = binary(std::move(left), std::move(operation), concatenation());
    }
    return left;
}

ExpressionPtr ExpressionParser::concatenation() {
    ExpressionPtr left = product();
    while (skip_operation("~")) {
        left = binary(std::move(left), "~", product());
    }
    return left;
}

ExpressionPtr ExpressionParser::product() {
    ExpressionPtr left = power();
    while (is_operation("*") || is_operation("/") || is_operation("//") || is_operation("%")) {
        std::string operation = next().text;
        left = binary(std::move(left), std::move(operation), power());
    }
    return left;
}

ExpressionPtr ExpressionParser::power() {
    ExpressionPtr left = unary(true);
    while (skip_operation("**")) {
        left = binary(std::move(left), "**", unary(true));
    }
    return left;
}

ExpressionPtr ExpressionParser::unary(bool with_filters) {
    const Level level(*this);
    ExpressionPtr node;
    if (is_operation("-") || is_operation("+")) {
        const Token sign = next();
        node = make(sign.text == "-" ? ExpressionKind::minus : ExpressionKind::plus, sign.place);
        node->children.push_back(unary(false));
    } else {
        node = primary();
    }
    node = postfix(std::move(node));
    return with_filters ? filters(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::primary() {
    const Token& token = current();
    switch (token.kind) {
        case TokenKind::name:
            return name_or_constant();
        case TokenKind::text: {
            ExpressionPtr node = make(ExpressionKind::constant, token.place);
            std::string text;
            while (current().kind == TokenKind::text) {
                text += next().text;
            }
            node->constant = Value::text(std::move(text));
            return node;
        }
        case TokenKind::integer:
        case TokenKind::real: {
            ExpressionPtr node = make(ExpressionKind::constant, token.place);
            std::string digits = token.text;
            digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
            std::int64_t whole = 0;
            double real = 0;
            const char* end = digits.data() + digits.size();
            const bool fits = token.kind == TokenKind::integer
                                  ? std::from_chars(digits.data(), end, whole).ec == std::errc()
                                  : std::from_chars(digits.data(), end, real).ec == std::errc();
            if (!fits) {
                refuse("the number " + printable(digits) + " is out of range", token.place);
            }
            node->constant = token.kind == TokenKind::integer ? Value::integer(whole) : Value(Value::State(real));
            next();
            return node;
        }
        default:
            break;
    }
    if (is_operation("(") || is_operation("[")) {
        return bracketed();
    }
    if (is_operation("{")) {
        return dict();
    }
    unexpected("an expression");
}

ExpressionPtr ExpressionParser::name_or_constant() {
    const Token token = next();
    ExpressionPtr node = make(ExpressionKind::constant, token.place);
    if (token.text == "true" || token.text == "True") {
        node->constant = Value::boolean(true);
    } else if (token.text == "false" || token.text == "False") {
        node->constant = Value::boolean(false);
    } else if (token.text != "none" && token.text != "None") {
        node->kind = ExpressionKind::name;
        node->text = token.text;
    }
    return node;
}

ExpressionPtr ExpressionParser::bracketed() {
    const Token open = next();
    const std::string_view close = open.text == "(" ? ")" : "]";
    ExpressionPtr list = make(open.text == "(" ? ExpressionKind::tuple : ExpressionKind::list, open.place);
    bool comma = false;
    while (!is_operation(close)) {
        list->children.push_back(expression());
        comma = skip_operation(",");
        if (!comma && !is_operation(close)) {
            unexpected("',' or '" + std::string(close) + "'");
        }
    }
    next();
    if (open.text == "(" && list->children.size() == 1 && !comma) {
        return std::move(list->children.front());
    }
    return list;
}

ExpressionPtr ExpressionParser::dict() {
    ExpressionPtr node = make(ExpressionKind::dict, next().place);
    while (!is_operation("}")) {
        node->children.push_back(expression());
        expect_operation(":");
        node->children.push_back(expression());
        if (!skip_operation(",") && !is_operation("}")) {
            unexpected("',' or '}'");
        }
    }
    next();
    return node;
}

}  // namespace tandem::jinja
