// The tokens and the tree of a chat template. Thread rule: const once parsed, shared freely.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/tokenizer/template_value.h"

namespace tandem::jinja {

enum class TokenKind {
    data,
    block_begin,
    block_end,
    variable_begin,
    variable_end,
    name,
    text,
    integer,
    real,
    operation,
    end,
};

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text;
    Place place;
};

// White space is taken as transformers sets Jinja up: trim_blocks and lstrip_blocks on. Throws TemplateStop.
std::vector<Token> tokenise(std::string_view source);

enum class ExpressionKind {
    constant,
    name,
    list,
    tuple,
    dict,       // children: key, value, key, value
    attribute,  // child, text
    subscript,  // child, index
    slice,      // child, start, stop, step; null: left out
    call,       // callee, arguments
    filter,     // child, text, arguments
    test,       // child, text, arguments
    negate,     // not
    minus,
    plus,
    both,         // and
    either,       // or
    comparison,   // children; operations in `names`
    binary,       // text: + - * / // % **
    concatenate,  // ~
    conditional,  // then, condition, otherwise (or null)
};

struct Expression {
    ExpressionKind kind = ExpressionKind::constant;
    Place place;
    std::string text;
    Value constant;
    std::vector<std::unique_ptr<Expression>> children;
    std::vector<std::string> names;  // of keyword arguments: the last names.size() children; of comparisons
};

enum class StatementKind { data, output, condition, loop, set, set_block, macro, group, leave_loop, next_round };

struct Branch {
    std::unique_ptr<Expression> condition;  // null: else
    std::vector<std::unique_ptr<Statement>> body;
};

struct Statement {
    StatementKind kind = StatementKind::data;
    Place place;
    std::string text;                                   // data; the macro's name; the namespace that set writes to
    std::vector<std::string> names;                     // targets of for and set; parameters of macro
    std::unique_ptr<Expression> expression;             // output, set, what for goes over
    std::unique_ptr<Expression> condition;              // for ... if
    std::vector<Branch> branches;                       // if; body and else of for; the one body of the others
    std::vector<std::unique_ptr<Expression>> defaults;  // of the last parameters of a macro
};

std::vector<std::unique_ptr<Statement>> parse_template(std::string_view source);  // throws TemplateStop

// What the language offers, for refusing the rest while parsing.
bool is_filter(std::string_view name);
bool is_test(std::string_view name);

constexpr int deepest_syntax = 64;

}  // namespace tandem::jinja
