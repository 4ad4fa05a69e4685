#include <gtest/gtest.h>

#include "engine/tokenizer/chat_template.h"

namespace tandem::test {
namespace {

const std::vector<ChatMessage> hello{{"user", "Hello"}};

Error error_of(const std::string& source) {
    auto parsed = ChatTemplate::parse(source);
    if (!parsed.ok()) {
        return parsed.error();
    }
    auto text = parsed->render(hello, {});
    EXPECT_FALSE(text.ok()) << source << "\nrendered " << text->substr(0, 200);
    return text.ok() ? Error{} : text.error();
}

std::string repeated(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

TEST(TemplateRefusals, the_inside_of_values_is_out_of_reach) {
    for (const char* source :
         {"{{ messages.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ messages['__class__'] }}", "{{ _private }}",
          "{{ messages[0]['__init__'] }}", "{{ messages['__cla' ~ 'ss__'] }}", "{{ messages|attr('__class__') }}",
          "{{ range.__globals__ }}", "{{ ''['__class__'] }}", "{% set __x = 1 %}",
          "{{ cycler.__init__.__globals__.os }}", "{{ self._TemplateReference__context }}"}) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_REFUSED") << source;
    }
}

TEST(TemplateRefusals, what_is_not_supported_is_named_with_its_place) {
    const auto parsed = ChatTemplate::parse("line one\n  {% include 'x' %}");
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.error().code, "TEMPLATE_REFUSED");
    EXPECT_NE(parsed.error().message.find("include"), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().where, "chat template:2:3");
    for (const char* source :
         {"{% import 'x' as y %}", "{% extends 'x' %}", "{% block a %}{% endblock %}", "{% call f() %}{% endcall %}",
          "{% filter upper %}x{% endfilter %}", "{% raw %}{% endraw %}", "{{ 1|pprint }}", "{{ 1 is escaped }}",
          "{{ strftime_now('%Y') }}", "{{ lipsum() }}", "{{ messages.append(1) }}", "{{ messages[0].update({}) }}",
          "{{ '%s' % 1 }}", "{{ ''.format(1) }}", "{% for x in y recursive %}{% endfor %}", "{{ f(*messages) }}"}) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_REFUSED") << source;
    }
}

TEST(TemplateRefusals, broken_syntax_is_named) {
    for (const char* source : {"{{",
                               "{{ 1",
                               "{% if %}{% endif %}",
                               "{% if 1 %}",
                               "{% for x %}{% endfor %}",
                               "{{ 1 + }}",
                               "{{ (1 }}",
                               "{{ ) }}",
                               "{% endif %}",
                               "{{ 'x }}",
                               "{# x",
                               "{% set x %}",
                               "{{ {1: 2} }}",
                               "{{ x. }}",
                               "{{ x[] }}",
                               "{{ @ }}",
                               "{% break %}",
                               "{{ 99999999999999999999 }}",
                               "{{ 0x10 }}",
                               "{% macro f(a=1, b) %}{% endmacro %}",
                               "{{ f(a=1, 2) }}",
                               "{{ '\\ud800' }}",
                               "\xFF",
                               "{{ not }}",
                               "{% %}"}) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_REFUSED") << source;
    }
}

TEST(TemplateRefusals, wrong_types_are_named) {
    for (const char* source : {"{{ nothing.at_all }}",
                               "{{ nothing['x'] }}",
                               "{{ 1 + 'a' }}",
                               "{{ [] - 1 }}",
                               "{{ 1 < 'a' }}",
                               "{{ 1 / 0 }}",
                               "{{ 1 % 0 }}",
                               "{{ 1 // 0 }}",
                               "{{ 9223372036854775807 + 1 }}",
                               "{{ 10 ** 30 }}",
                               "{{ 1(2) }}",
                               "{{ messages() }}",
                               "{% for a, b in [1] %}{% endfor %}",
                               "{% for x in 1 %}{% endfor %}",
                               "{{ 1|length }}",
                               "{{ 1 in 2 }}",
                               "{% set x.y = 1 %}",
                               "{{ ''.join([1]) }}",
                               "{{ 'a'.split('') }}",
                               "{{ range(1, 2, 0) }}",
                               "{{ nothing + 1 }}",
                               "{{ [1][::0] }}",
                               "{{ (-9223372036854775807 - 1) // -1 }}",
                               "{{ 'x' is odd }}"}) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_REFUSED") << source;
    }
}

TEST(TemplateRefusals, sources_and_nesting_have_bounds) {
    EXPECT_EQ(error_of(std::string(10 << 20, 'x')).code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ " + repeated("(", 100000) + " }}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ " + repeated("[", 1000) + repeated("]", 1000) + " }}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of(repeated("{% if 1 %}", 1000) + repeated("{% endif %}", 1000)).code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ " + repeated("not ", 1000) + "1 }}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ " + repeated("-", 1000) + "1 }}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ 1" + repeated(" + 1", 100000) + " }}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{{ ''" + repeated("|trim", 1000) + " }}").code, "TEMPLATE_REFUSED");
}

TEST(TemplateRefusals, endless_work_ends_at_the_step_limit) {
    for (const char* source : {
             "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
             "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
             "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
             "{{ range(1000000000) }}",
             "{{ range(0, 9000000000000000000) }}",
             "{{ 'x' * 1000000000 }}",
             "{{ [1] * 9000000000 }}",
             "{% set ns = namespace(s='x') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
             "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s "
             "}}",
             "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s] %}{% endfor %}",
             "{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
             "{% set x = 'x' * 1000000 %}{% for i in range(1000) %}{{ x }}{% endfor %}",
             "{% set x = 'x' * 1000000 %}{% for i in range(99999) %}{% if x.upper() == x %}{% endif %}{% endfor %}",
             "{% set x = 'ab' * 1000000 %}{% for i in range(99999) %}{% if 'c' in x %}{% endif %}{% endfor %}",
         }) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_STEP_LIMIT") << source;
    }
}

// References are counted, so a ring would never be freed.
TEST(TemplateRefusals, namespaces_cannot_form_rings) {
    EXPECT_EQ(error_of("{% set ns = namespace() %}{% set ns.me = ns %}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{% set ns = namespace() %}{% set ns.me = [{'a': ns}] %}").code, "TEMPLATE_REFUSED");
    EXPECT_EQ(error_of("{% set ns = namespace() %}{% for x in [ns] %}{% set ns.me = loop %}{% endfor %}").code,
              "TEMPLATE_REFUSED");
}

TEST(TemplateRefusals, the_template_can_refuse_a_conversation_itself) {
    const Error error = error_of("{{ raise_exception('no system role') }}");
    EXPECT_EQ(error.code, "TEMPLATE_RAISED");
    EXPECT_NE(error.message.find("no system role"), std::string::npos);
}

TEST(TemplateRefusals, an_empty_template_renders_nothing) {
    auto parsed = ChatTemplate::parse("");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed->render(hello, {}), "");
}

// Whatever the messages hold is text, never template.
TEST(TemplateRefusals, messages_are_never_read_as_templates) {
    auto parsed = ChatTemplate::parse("{{ messages[0].content }}");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed->render({{"user", "{{ 1 + 1 }}{% if %}"}}, {}), "{{ 1 + 1 }}{% if %}");
    EXPECT_EQ(*parsed->render({{"user", "a\xFF"}}, {}), "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace tandem::test
