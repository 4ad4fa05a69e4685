// What may follow a value: attributes, subscripts, calls, filters and tests.
#include "engine/api/utf8.h"
#include "engine/tokenizer/template_parser.h"

namespace tandem::jinja {

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
    while (true) {
        const Place place = current().place;
        if (skip_operation(".")) {
            if (current().kind == TokenKind::integer) {
                ExpressionPtr outer = make(ExpressionKind::subscript, place);
                outer->children.push_back(std::move(node));
                outer->children.push_back(primary());
                node = std::move(outer);
                grow(node);
                continue;
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

std::string ExpressionParser::dotted_name(const char* what) {
    std::string name = expect_name(what);
    while (skip_operation(".")) {
        name += "." + expect_name(what);
    }
    return name;
}

ExpressionPtr ExpressionParser::filter(ExpressionPtr node, Place place) {
    ExpressionPtr outer = make(ExpressionKind::filter, place, dotted_name("a filter's name"));
    if (conditions_ == 0 && !is_filter(outer->text)) {
        refuse("the filter '" + printable(outer->text) + "' is not supported", place);
    }
    outer->children.push_back(std::move(node));
    if (is_operation("(")) {
        arguments(*outer);
    }
    return outer;
}

ExpressionPtr ExpressionParser::filter_chain(ExpressionPtr node) {
    do {
        const Place place = current().place;
        node = filter(std::move(node), place);
        if (node->children.front() != nullptr) {
            grow(node);
        }
    } while (skip_operation("|"));
    return node;
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr node) {
    while (true) {
        const Place place = current().place;
        if (skip_operation("|")) {
            node = filter(std::move(node), place);
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
    ExpressionPtr outer = make(ExpressionKind::test, place, dotted_name("a test's name"));
    if (conditions_ == 0 && !is_test(outer->text)) {
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
    bool unpacked = false;
    std::vector<Unpack> unpacks;
    while (!is_operation(")")) {
        const Place place = current().place;
        Unpack unpack = Unpack::none;
        if (is_operation("*") || is_operation("**")) {
            unpack = next().text == "*" ? Unpack::list : Unpack::dict;
            unpacked = true;
            call.children.push_back(expression());
        } else if (current().kind == TokenKind::name && ahead().kind == TokenKind::operation && ahead().text == "=") {
            call.names.push_back(next().text);
            next();
            call.children.push_back(expression());
        } else {
            if (!call.names.empty() || unpacked) {
                refuse("an argument without a name follows one with a name", place);
            }
            call.children.push_back(expression());
        }
        if (unpack != Unpack::none && !call.names.empty() && unpack == Unpack::list) {
            refuse("an argument written with * follows one with a name", place);
        }
        if (unpack != Unpack::none) {
            call.names.emplace_back();  // keeps names and arguments in step; read by its place in unpacks
        }
        unpacks.push_back(unpack);
        if (!skip_operation(",") && !is_operation(")")) {
            unexpected("',' or ')'");
        }
    }
    next();
    if (unpacked) {
        call.unpacks = std::move(unpacks);
    }
}

}  // namespace tandem::jinja
