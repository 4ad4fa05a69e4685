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
    for (const char* source : {"{{ messages.__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ messages['__class__'] }}",
                               "{{ messages[0]['__init__'] }}", "{{ messages['__cla' ~ 'ss__'] }}",
                               "{{ messages|attr('__class__') }}", "{{ range.__globals__ }}", "{{ ''['__class__'] }}",
                               "{{ '{0.__class__}'.format(1) }}", "{{ messages|map(attribute='__class__')|list }}",
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
         {"{% import 'x' as y %}", "{% extends 'x' %}", "{% block a scoped %}{% endblock %}",
          "{% autoescape true %}x{% endautoescape %}", "{{ 1|pprint }}", "{{ [1]|random }}", "{{ 1 is strange }}",
          "{{ lipsum() }}", "{{ messages.append(1) }}", "{{ messages[0].update({}) }}", "{{ 'x'.encode() }}",
          "{{ 'x'|nosuch }}", "{{ messages|map('nosuch')|list }}"}) {
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
                               "{{ x. }}",
                               "{{ x[] }}",
                               "{{ @ }}",
                               "{% break %}",
                               "{{ 99999999999999999999 }}",
                               "{{ 0xG }}",
                               "{% raw %}",
                               "{% call 1 %}{% endcall %}",
                               "{% filter %}{% endfilter %}",
                               "{% macro f(a, a) %}{% endmacro %}",
                               "{% for loop in [] %}{% endfor %}",
                               "{% set none = 1 %}",
                               "{% for x in [1] %}{% call f() %}{% break %}{% endcall %}{% endfor %}",
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
             "{{ '%9999s' % 1 * 10000 }}",
             "{{ '{:99999999999}'.format(1) }}",
             "{{ '%99999999999s' % 1 }}",
             "{{ 'x'.center(99999999999) }}",
             "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}",
             "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}",
             "{% set d = messages|tojson(indent=32) %}{% for i in range(99999) %}{{ [d, d, d, d]|tojson(indent=32) "
             "}}{% endfor "
             "%}",
             "{% set x = 'ab' * 1000000 %}{% for i in range(99999) %}{% if 'c' in x %}{% endif %}{% endfor %}",
         }) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_STEP_LIMIT") << source;
    }
}

// References are counted; the rendering breaks rings at its end (the address sanitizer looks for what is left).
TEST(TemplateRefusals, namespaces_may_form_rings_which_cannot_be_written_out) {
    for (const char* ring :
         {"{% set ns = namespace() %}{% set ns.me = ns %}", "{% set ns = namespace() %}{% set ns.me = [{'a': ns}] %}",
          "{% set ns = namespace() %}{% for x in [ns] %}{% set ns.me = loop %}{% endfor %}"}) {
        auto parsed = ChatTemplate::parse(ring);
        ASSERT_TRUE(parsed.ok());
        EXPECT_EQ(*parsed->render(hello, {}), "");
        EXPECT_EQ(error_of(std::string(ring) + "{{ ns }}").code, "TEMPLATE_REFUSED");
    }
}

// A chain of a hundred thousand links must not be freed by as many nested calls.
TEST(TemplateRefusals, long_chains_of_objects_are_freed_or_refused) {
    auto parsed = ChatTemplate::parse(
        "{% set ns = namespace(x=none) %}{% for i in range(90000) %}{% set ns.x = namespace(x=ns.x) %}{% endfor %}ok");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed->render(hello, {}), "ok");
    for (const char* source :
         {"{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% for j in [ns.x] %}{% set ns.x = loop %}{% "
          "endfor "
          "%}{% endfor %}",
          "{% set ns = namespace(x=[1]) %}{% for i in range(90000) %}{% set ns.x = [ns.x]|map('list') %}{% endfor %}",
          "{% set ns = namespace(x=1) %}{% for i in range(90000) %}{% set ns.x = cycler(ns.x) %}{% endfor %}"}) {
        EXPECT_EQ(error_of(source).code, "TEMPLATE_STEP_LIMIT") << source;
    }
}

TEST(TemplateRefusals, the_template_can_refuse_a_conversation_itself) {
    const Error error = error_of("{{ raise_exception('no system role') }}");
    EXPECT_EQ(error.code, "TEMPLATE_RAISED");
    EXPECT_NE(error.message.find("no system role"), std::string::npos);
    const std::string long_words(300, 'w');
    EXPECT_NE(error_of("{{ raise_exception('" + long_words + "') }}").message.find(long_words), std::string::npos);
    EXPECT_EQ(error_of("{{ raise_exception('a\\x1b[2Jb') }}").message.find('\x1b'), std::string::npos);
}

TEST(TemplateRefusals, an_empty_template_renders_nothing) {
    auto parsed = ChatTemplate::parse("");
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed->render(hello, {}), "");
}

TEST(TemplateRefusals, what_is_no_conversation_is_refused) {
    auto parsed = ChatTemplate::parse("{{ messages }}");
    ASSERT_TRUE(parsed.ok());
    const std::vector<std::pair<std::string, const char*>> cases{
        {"", "JSON_BROKEN"},
        {"[", "JSON_BROKEN"},
        {"{\"messages\": [], \"messages\": []}", "JSON_DUPLICATE_KEY"},
        {"{}", "TEMPLATE_INPUT"},
        {"3", "TEMPLATE_INPUT"},
        {"[18446744073709551615]", "TEMPLATE_INPUT"},
        {"[123456789012345678901234567890]", "TEMPLATE_INPUT"},
        {repeated("[", 100) + repeated("]", 100), "JSON_TOO_DEEP"},
        {"[\"" + std::string(17U << 20, 'x') + "\"]", "JSON_TOO_LARGE"},
        {"[\"\xFF\"]", "JSON_BROKEN"},
    };
    for (const auto& [input, code] : cases) {
        auto text = parsed->render_json(input, {});
        ASSERT_FALSE(text.ok()) << input.substr(0, 100);
        EXPECT_EQ(text.error().code, code) << input.substr(0, 100);
    }
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
