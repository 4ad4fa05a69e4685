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
    filter,     // child (null: the body of a block), text, arguments
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
    field,        // as a target only: of the namespace `text`, names[0]
};

enum class Unpack : char { none, list, dict };  // an argument written as *a or **a

struct Expression {
    ExpressionKind kind = ExpressionKind::constant;
    Place place;
    std::string text;
    Value constant;
    std::vector<std::unique_ptr<Expression>> children;
    std::vector<std::string> names;  // of keyword arguments: the last names.size() children; of comparisons
    std::vector<Unpack> unpacks;     // of the arguments of a call, where any is unpacked
};

// How a block of its own finds a variable when it begins, as Jinja decides it before rendering.
enum class Load : char { parameter, from_context, from_outer, undefined };
using Frame = std::vector<std::pair<std::string, Load>>;

enum class StatementKind {
    data,
    output,
    condition,
    loop,
    set,
    set_block,
    macro,
    call_block,  // expression: the call, or null for transformers' generation tag, which writes its body
    filter_block,
    with,
    block,
    leave_loop,
    next_round,
};

struct Branch {
    std::unique_ptr<Expression> condition;  // null: else
    std::vector<std::unique_ptr<Statement>> body;
    Frame frame;  // of what has variables of its own: the bodies of all but if
};

struct Statement {
    StatementKind kind = StatementKind::data;
    Place place;
    std::string text;                                   // data; the name of a macro or block
    std::unique_ptr<Expression> target;                 // of for and set: a name, a tuple of targets or a field
    std::vector<std::string> names;                     // parameters of macro and call, variables of with
    std::unique_ptr<Expression> expression;             // output, set, what for goes over, the call, the filter
    std::unique_ptr<Expression> condition;              // for ... if
    std::vector<Branch> branches;                       // if; body and else of for; the one body of the others
    std::vector<std::unique_ptr<Expression>> defaults;  // of the last parameters; values of with
    Frame condition_frame;                              // for ... if
    bool recursive = false;                             // for
    bool takes_caller = false;                          // macro and call: their bodies name these
    bool takes_kwargs = false;
    bool takes_varargs = false;
};

struct Template {
    std::vector<std::unique_ptr<Statement>> body;
    Frame frame;
};

Template parse_template(std::string_view source);  // throws TemplateStop
void find_scopes(Template& parsed);                // fills the frames; throws TemplateStop

// What the language offers, for refusing the rest while parsing.
bool is_filter(std::string_view name);
bool is_test(std::string_view name);

constexpr int deepest_syntax = 64;

}  // namespace tandem::jinja
