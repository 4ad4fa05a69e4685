// What may follow a value: attributes, subscripts, calls, filters and tests.
#include "engine/api/utf8.h"
#include "engine/tokenizer/template_parser.h"

namespace tandem::jinja {

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
    while (true) {
        const Place place = current().place;
        if (skip_operation(".")) {
            if (current().kind == TokenKind::integer) {
                refuse("an index after a dot is not supported, write [0]", place);
            }
            std::string name = expect_name("a name");
            refuse_hidden(name, place);
            ExpressionPtr outer = make(ExpressionKind::attribute, place, std::move(name));
            outer->children.push_back(std::move(node));
            node = std::move(outer);
        } else if (is_operation("[")) {
            node = subscript(std::move(node));
        } else if (is_operation("(")) {
            node = call_of(std::move(node), place);
        } else {
            return node;
        }
        grow(node);
    }
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr node) {
    ExpressionPtr outer = make(ExpressionKind::subscript, next().place);
    outer->children.push_back(std::move(node));
    const auto part = [&]() -> ExpressionPtr {
        return is_operation(":") || is_operation("]") ? nullptr : expression();
    };
    ExpressionPtr first = part();
    if (is_operation(":")) {
        outer->kind = ExpressionKind::slice;
        outer->children.push_back(std::move(first));
        next();
        outer->children.push_back(part());
        outer->children.push_back(skip_operation(":") ? part() : nullptr);
    } else {
        if (!first) {
            unexpected("an index");
        }
        if (const std::string* name = first->constant.text_value()) {
            refuse_hidden(*name, first->place);
        }
        outer->children.push_back(std::move(first));
    }
    expect_operation("]");
    return outer;
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr node) {
    while (true) {
        const Place place = current().place;
        if (skip_operation("|")) {
            ExpressionPtr outer = make(ExpressionKind::filter, place, expect_name("a filter's name"));
            if (!is_filter(outer->text)) {
                refuse("the filter '" + printable(outer->text) + "' is not supported", place);
            }
            outer->children.push_back(std::move(node));
            if (is_operation("(")) {
                arguments(*outer);
            }
            node = std::move(outer);
        } else if (skip_name("is")) {
            node = test(std::move(node));
        } else if (is_operation("(")) {
            node = call_of(std::move(node), place);
        } else {
            return node;
        }
        grow(node);
    }
}

ExpressionPtr ExpressionParser::test(ExpressionPtr node) {
    const Place place = current().place;
    const bool negated = skip_name("not");
    ExpressionPtr outer = make(ExpressionKind::test, place, expect_name("a test's name"));
    if (!is_test(outer->text)) {
        refuse("the test '" + printable(outer->text) + "' is not supported", place);
    }
    outer->children.push_back(std::move(node));
    if (is_operation("(")) {
        arguments(*outer);
    } else {
        const TokenKind kind = current().kind;
        const bool begins = kind == TokenKind::text || kind == TokenKind::integer || kind == TokenKind::real ||
                            is_operation("[") || is_operation("{") ||
                            (kind == TokenKind::name && !is_name("else") && !is_name("or") && !is_name("and"));
        if (begins) {
            if (is_name("is") || is_name("if") || is_name("not") || is_name("in")) {
                unexpected("the end of the test");
            }
            outer->children.push_back(postfix(primary()));
        }
    }
    if (!negated) {
        return outer;
    }
    ExpressionPtr negation = make(ExpressionKind::negate, place);
    negation->children.push_back(std::move(outer));
    return negation;
}

ExpressionPtr ExpressionParser::call_of(ExpressionPtr node, Place place) {
    ExpressionPtr outer = make(ExpressionKind::call, place);
    outer->children.push_back(std::move(node));
    arguments(*outer);
    return outer;
}

void ExpressionParser::arguments(Expression& call) {
    expect_operation("(");
    while (!is_operation(")")) {
        if (is_operation("*") || is_operation("**")) {
            refuse("unpacking arguments is not supported", current().place);
        }
        if (current().kind == TokenKind::name && ahead().kind == TokenKind::operation && ahead().text == "=") {
            call.names.push_back(next().text);
            next();
        } else if (!call.names.empty()) {
            refuse("an argument without a name follows one with a name", current().place);
        }
        call.children.push_back(expression());
        if (!skip_operation(",") && !is_operation(")")) {
            unexpected("',' or ')'");
        }
    }
    next();
}

}  // namespace tandem::jinja
