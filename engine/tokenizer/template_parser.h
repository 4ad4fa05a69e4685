// Recursive descent over a template's tokens, in two halves: expressions and statements. Thread rule: one parse.
#pragma once

#include "engine/tokenizer/template_syntax.h"

namespace tandem::jinja {

using ExpressionPtr = std::unique_ptr<Expression>;

class ExpressionParser {
public:
    explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    ExpressionPtr expression();                 // with "a if b else c"
    ExpressionPtr tuple_or_expression();        // "a, b" is a tuple
    ExpressionPtr tuple_without_conditional();  // what for goes over, conditions of if

protected:
    const Token& current() const { return tokens_[at_]; }
    const Token& ahead() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
    Token next() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
    bool is_operation(std::string_view text) const {
        return current().kind == TokenKind::operation && current().text == text;
    }
    bool is_name(std::string_view text) const { return current().kind == TokenKind::name && current().text == text; }
    bool skip_operation(std::string_view text);
    bool skip_name(std::string_view text);
    void expect_operation(std::string_view text);
    std::string expect_name(const char* what);
    ExpressionPtr target(bool with_fields);          // what for, set and with assign to
    std::string variable_name(const char* what);     // one that can be assigned to
    ExpressionPtr filter_chain(ExpressionPtr node);  // name(arguments)|name ..., the first bar is read already
    [[noreturn]] void unexpected(const std::string& wanted) const;

    ExpressionPtr make(ExpressionKind kind, Place place, std::string text = {}) const;
    void arguments(Expression& call);

    // Names of filters and tests that do not exist are an error at once, but within a condition only when reached.
    int conditions_ = 0;
    int loops_ = 0;  // the body of a loop is being read

    // Keeps deep nesting from using the stack up.
    class Level {
    public:
        explicit Level(ExpressionParser& parser) : parser_(parser) {
            if (++parser_.depth_ > deepest_syntax) {
                refuse("the template nests deeper than " + std::to_string(deepest_syntax) + " levels",
                       parser_.current().place);
            }
        }
        ~Level() { --parser_.depth_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        ExpressionParser& parser_;
    };

private:
    // Refuses what leads out of a value into the machinery behind it, in any language.
    static void refuse_hidden(const std::string& name, Place place);
    ExpressionPtr tuple_of(ExpressionPtr first, bool conditionals);
    ExpressionPtr one_target(bool with_fields);
    std::string dotted_name(const char* what);
    ExpressionPtr filter(ExpressionPtr node, Place place);
    ExpressionPtr expression_without_conditional();
    ExpressionPtr either();
    ExpressionPtr both();
    ExpressionPtr negation();
    ExpressionPtr comparison();
    ExpressionPtr sum();
    ExpressionPtr concatenation();
    ExpressionPtr product();
    ExpressionPtr power();
    ExpressionPtr unary(bool with_filters);
    ExpressionPtr primary();
    ExpressionPtr name_or_constant();
    ExpressionPtr bracketed();
    ExpressionPtr dict();
    ExpressionPtr postfix(ExpressionPtr node);
    ExpressionPtr subscript(ExpressionPtr node);
    ExpressionPtr filters(ExpressionPtr node);
    ExpressionPtr test(ExpressionPtr node);
    ExpressionPtr call_of(ExpressionPtr node, Place place);
    ExpressionPtr binary(ExpressionPtr left, std::string operation, ExpressionPtr right);
    void grow(ExpressionPtr& chain);

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace tandem::jinja
