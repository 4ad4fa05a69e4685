#!/usr/bin/env python3
"""Writes tests/data/tokenizer/templates.json: what jinja2 renders, set up as transformers sets it up.

"families": templates written after the manner of the well-known model families, each with several conversations, with
and without the prompt for an answer; "snippets": single constructs of the language. An entry has `text`, or `raises`
with the template's own message. Fixtures in the tree: jinja2 3.1.6.
Usage: make_template_fixtures.py
"""
import datetime
import json
import pathlib

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = 1767323045  # 2026-01-02 03:04:05 UTC

FAMILIES = {
    "chatml": """{% if messages[0]['role'] != 'system' %}{{ '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}{% endif %}
{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' + message.content | trim + '<|im_end|>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    "llama2": """{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = messages[0]['content'] %}{% else %}{% set rest = messages %}{% set system = false %}{% endif %}{% for message in rest %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 and system != false %}{% set content = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}""",
    "llama3": """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: ipython\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
    {%- elif message.role == "tool" or message.role == "ipython" %}
        {{- "<|start_header_id|>ipython<|end_header_id|>\\n\\n" }}
        {%- if message.content is mapping or message.content is iterable %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
        {{- "<|eot_id|>" }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "zephyr": """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}""",
    "gemma": """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '\\n\\n' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- if (message['role'] == 'assistant') -%}
        {%- set role = "model" -%}
    {%- else -%}
        {%- set role = message['role'] -%}
    {%- endif -%}
    {{ '<start_of_turn>' + role + '\\n' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {%- for item in message['content'] -%}
            {%- if item['type'] == 'text' -%}{{ item['text'] | trim }}{%- endif -%}
        {%- endfor -%}
    {%- else -%}
        {{ raise_exception("Invalid content type") }}
    {%- endif -%}
    {{ '<end_of_turn>\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{'<start_of_turn>model\\n'}}
{%- endif -%}
""",
    "phi3": """{% for message in messages %}{% if message['role'] == 'system' and message['content'] %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}""",
    "mistral": """{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages if message.role in ("user", "assistant") %}
    {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
        {{- raise_exception("After the optional system message, roles must alternate") }}
    {%- endif %}
    {%- set ns.index = ns.index + 1 %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- else %}
        {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
    {%- endif %}
{%- endfor %}
{{- user_messages|length }}
""",
    "qwen": """{%- macro turn(role, content, end=true) %}
{{- '<|im_start|>' ~ role ~ '\\n' ~ content }}{% if end %}{{ '<|im_end|>\\n' }}{% endif %}
{%- endmacro %}
{%- set ns = namespace(last_user=-1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.last_user < 0 and message.role == "user" and not(message.content.startswith('<tool>') and message.content.endswith('</tool>')) %}
        {%- set ns.last_user = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content %}
    {%- if '</think>' in content %}
        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
    {%- endif %}
    {%- if message.role == "assistant" and loop.index0 > ns.last_user %}
        {{- turn(message.role, '<think>\\n' + content, end=not loop.last) }}
    {%- else %}
        {{- turn(message.role, content) }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- turn('assistant', '', false) }}{% endif %}
{%- if enable_thinking is defined and enable_thinking is false %}{{- '<think>\\n\\n</think>\\n\\n' }}{% endif %}
""",
}

CONVERSATIONS = [
    [("user", "Hello!")],
    [("system", "Be brief."), ("user", "  What is 2 + 2?  \n")],
    [("user", "Hi"), ("assistant", " Hello, how can I help? "), ("user", "Sing \"a\" song\n\nplease \\o/")],
    [("system", "Du bist höflich."), ("user", "日本語で答えて 🙂"), ("assistant", "<think>x</think>\n\nはい。"),
     ("user", "Merci")],
    [("user", "one"), ("user", "two")],
    [("system", ""), ("user", "{{ not a template }} {% if %}"), ("assistant", "")],
    [("user", "call"), ("assistant", "<tool>"), ("tool", "{\"a\": 1}"), ("user", "\tok")],
]

SNIPPETS = r"""
{{ 1 + 2 * 3 - 4 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ -2 ** 2 }} {{ 1.5 + 1 }} {{ 1e3 }} {{ 1_000 }}
{{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 1e22 }} {{ 123456789.25 }} {{ 2 ** -1 }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.0 ~ [1, 'x'] }} {{ 'a' 'b' }} {{ 'ab' * 3 }} {{ [1] * 2 + [3] }}
{{ true and 'x' }} {{ false or 'y' }} {{ not 0 }} {{ none or 0 or 'z' }} {{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ '1' == 1 }} {{ true == 1 }}
{{ 'a' in 'abc' }} {{ 'x' not in ['y'] }} {{ 2 in (1, 2) }} {{ 'k' in {'k': 1} }} {{ not 'a' in 'b' }} {{ 'a' < 'b' }} {{ 'é' > 'z' }}
{{ 'yes' if 1 else 'no' }} {{ 'only' if 0 }} {{ ('a' if 0 else 'b') ~ '!' }} {{ 1 if false else 2 if false else 3 }}
{{ messages[0].role }} {{ messages[-1]['content'] }} {{ messages[0]['nothing'] }} {{ messages[99] }} {{ messages[0].get('role') }} {{ messages[0].get('x', 'd') }} {{ messages[0].get('x') }}
{{ 'hello'[1] }} {{ 'hello'[1:3] }} {{ 'hello'[::-1] }} {{ 'hello'[-3:] }} {{ 'hello'[:-1] }} {{ 'hello'[10:] }} {{ [1,2,3,4][1::2] }} {{ [1,2,3][5:1:-1] }} {{ 'añb🙂c'[1:4] }} {{ (1,2,3)[:2] }}
{% for i in range(3) %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %} {% for i in range(5, 0, -2) %}{{ i }}{% endfor %} {% for i in [] %}x{% else %}empty{% endfor %}
{% for i in range(10) if i % 2 %}{{ loop.index }}:{{ loop.index0 }}:{{ loop.revindex }}:{{ loop.first }}:{{ loop.last }}:{{ loop.length }} {% endfor %}
{% for k, v in {'a': 1, 'b': [2]}.items() %}{{ k }}={{ v }};{% endfor %} {% for (a, b) in [(1, 2), (3, 4)] %}{{ a + b }}{% endfor %} {% for c in 'aé' %}[{{ c }}]{% endfor %} {% for k in {'q': 1} %}{{ k }}{% endfor %}
{% for i in [1,2,3] %}{{ loop.previtem }}{{ loop.nextitem }}|{% endfor %}{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }} {% if true %}{% set x = 3 %}{% endif %}{{ x }} {% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set x = 5 %}{% for i in range(2) %}{{ x }}{% set x = x + i + 1 %}{{ x }},{% endfor %}{{ x }}
{% set ns = namespace(a=1, b='x') %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}{{ ns.b }}{{ ns.c }} {% set ns.c = [1] %}{{ ns.c }}
{% set t %}block {{ 1 + 1 }}{% endset %}[{{ t }}] {% set u = 1, 2 %}{{ u }} {{ (1,) }} {{ () }} {{ [] }} {{ {} }}
{% macro m(a, b='B', c=none) %}<{{ a }}{{ b }}{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, 2, c=3) }}{{ m() }}{{ m(b='x') | upper }}
{% macro f(n) %}{% if n %}{{ n }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}
{% set g = 'top' %}{% macro h() %}{{ g }}{{ i }}{% endmacro %}{% for i in [1] %}{{ h() }}{% endfor %}
{{ '  x '|trim }}| {{ 'xxaxx'|trim('x') }} {{ 'abc'|length }} {{ 'é🙂'|length }} {{ [1,2]|count }} {{ {'a':1}|length }} {{ undefined_name|length }}
{{ 'aBc dEf'|upper }} {{ 'ÀB'|lower }} {{ 'hELLO wORLD'|capitalize }} {{ 'hello wORLD-foo (bar) [x'|title }} {{ 'straße'|upper }} {{ 'ΑΣ'|lower }} {{ "it's o'neil"|title }} {{ "it's o'neil x1y".title() }}
{{ none|default('d') }} {{ nope|default('d') }} {{ ''|default('d', true) }} {{ nope|d }} {{ 0|default(5, boolean=true) }} {{ nope.x|default('q') if nope is defined else 'n' }}
{{ [1, 2, 'x']|join(', ') }} {{ 'abc'|join('-') }} {{ messages|join('/', attribute='role') }} {{ []|join }} {{ [none, true]|join(' ') }}
{{ [3,1,2]|first }} {{ [3,1,2]|last }} {{ 'xyz'|first }} {{ []|first }} {{ 'abc'|list }} {{ 'abc'|reverse }} {{ [1,2]|reverse|list }} {{ {'a':1,'b':2}|list }}
{{ 'a-b-a'|replace('a', 'X') }} {{ 'aaa'|replace('a', 'b', 2) }} {{ 'abc'|replace('', '.') }} {{ 'abc'.replace('b', '') }}
{{ '42'|int }} {{ 'x'|int }} {{ 'x'|int(7) }} {{ 3.9|int }} {{ '3.7'|int }} {{ true|int }} {{ '2.5'|float }} {{ 2|float }} {{ 5|string + '!' }} {{ -3|abs }} {{ (-3)|abs }} {{ -2.5|abs }}
{{ {'a': [1, 2.5, none, true, 'x"\\\n\t/é<>&\u0001'], 'b': {}, 'c': [], 'd': {'e': 'f'}}|tojson }}
{{ {'b': [1, {'x': []}], 'a': 'é🙂'}|tojson(indent=2) }} {{ {'b': 1, 'a': 2}|tojson(sort_keys=true) }} {{ 'é🙂'|tojson(ensure_ascii=true) }} {{ [1, 2]|tojson(separators=(',', ':')) }} {{ {'a': 1}|tojson(separators=(',', ':')) }}
{{ messages|tojson }} {{ messages|map(attribute='role')|list }} {{ messages|map(attribute='role')|unique|list }} {{ ['a', 'b']|map('upper')|join }} {{ messages|selectattr('role', 'equalto', 'user')|list|length }} {{ messages|rejectattr('role', 'eq', 'user')|map(attribute='content')|list }} {{ [1,2,3,4]|select('odd')|list }} {{ [0,1,'']|select|list }} {{ [1,2,3]|reject('gt', 1)|list }}
{{ x is defined }} {{ messages is defined }} {{ x is undefined }} {{ none is none }} {{ 1 is not none }} {{ 'a' is string }} {{ 1 is number }} {{ true is number }} {{ 1 is integer }} {{ true is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ {} is mapping }} {{ [] is sequence }} {{ 'a' is sequence }} {{ 'a' is iterable }} {{ 1 is iterable }} {{ true is true }} {{ 1 is true }} {{ false is false }} {{ range is callable }}
{{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }} {{ 1 is eq 1 }} {{ 1 is ne(2) }} {{ 2 is gt 1 }} {{ 2 is in [1, 2] }} {{ 'AB' is upper }} {{ 'ab1' is lower }} {{ '1' is lower }} {{ none is sameas none }} {{ not x is defined }} {{ x is not defined and 1 is odd }}
{{ '  a '.strip() }}| {{ 'xax'.strip('x') }} {{ ' a'.lstrip() }} {{ 'a '.rstrip() }}| {{ 'abc'.startswith('ab') }} {{ 'abc'.endswith(('x', 'c')) }} {{ 'abc'.startswith('x') }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b c '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ ' a b  c '.split(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ ' a b  c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ 'a\nb\r\nc\n'.splitlines() }} {{ 'aXXbXXc'.split('XX')[-1] }} {{ 'aaa'.rsplit('aa', 1) }}
{{ 'Ab'.upper() }}{{ 'Ab'.lower() }} {{ 'hello world'.title() }} {{ 'hELLO'.capitalize() }} {{ 'ﬁx'.capitalize() }} {{ 'ǆa'.title() }} {{ 'abcb'.find('b') }} {{ 'abcb'.rfind('b') }} {{ 'abc'.find('x') }} {{ 'aéb'.find('b') }} {{ 'banana'.count('an') }} {{ ', '.join(['a', 'b']) }} {{ '12'.isdigit() }} {{ '²'.isdigit() }} {{ ''.isdigit() }} {{ ' \t'.isspace() }} {{ 'prefix'.removeprefix('pre') }} {{ 'suffix'.removesuffix('x') }} {{ 'AB'.isupper() }} {{ 'aB'.islower() }}
{{ {'a': 1, 'b': 2}.keys()|list }} {{ {'a': 1}.values()|list }} {{ {'a': 1}|items|list }} {{ [1,2,1].count(1) }} {{ ['a','b'].index('b') }} {{ {'items': 5}['items'] }} {{ {'x': {'y': 3}}.x.y }} {{ dict(a=1, b='c') }}
{{ ['it\'s', "q\"", 'a\\b', 'tab\t', 'é', '\u200b', '\x7f', '"\''] }} {{ none }} {{ [none, true, 1.0] }} {{ {'a': {'b': ()}} }} {{ [[1, [2]], {'k': 'v'}] }}
{{ "a\tb\nc\\d\x41\u00e9\U0001F642\q" }} {{ 'single \' quote' }} {{ "double \" quote" }}
a  {%- if true -%}  b  {%- endif -%}  c
a {{- 'x' -}} b {{ 'y' -}}   c
{{ [1,2,3]|length > 2 and 'big' or 'small' }} {{ (messages|first).role }} {{ messages[0]['content'][0] }} {{ messages | length - 1 }}
{{ 1 if messages and messages[0].role == 'user' else 0 }} {{ 'a' if x is defined and x else 'b' }} {{ tools is none }} {{ documents }} {{ tools or 'none' }} {{ add_generation_prompt }} {{ bos_token }}{{ eos_token }}
{% generation %}inside {{ 1 }}{% endgeneration %} {% if false %}{% elif 0 %}{% elif 1 %}elif{% else %}else{% endif %}
{{ raise_exception('no ' ~ 1) }}
{% if messages|length > 100 %}{{ strange() }}{% endif %}ok {{ strange is defined }}
{%- set parts = [] -%}{%- set parts = parts + ['a'] -%}{%- set parts = parts + ['b'] -%}{{ parts | join('+') }}
{{ '%' ~ '}' }} {{ '{{' }} {{ "{%" }} {{ {'a': {'b': 1}}['a']['b'] }} { { } } {{ '}}' }} {% if '%}' == '%}' %}q{% endif %}
{% raw %}{{ not }} {% a %}{% endraw %} {% filter upper|replace('A', 'x') %}abc {{ 1 }}{% endfilter %} {% with a = 1, b = 'q' %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% macro box(title) %}[{{ title }}:{{ caller('in') }}]{% endmacro %}{% call(x) box('t') %}<{{ x }}{{ bos_token }}>{% endcall %} {% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 'b', c=2) }} {{ v.name }}
{% for item in [1, [2, [3]]] recursive %}{% if item is sequence %}({{ loop(item) }}){% else %}{{ loop.depth }}:{{ item }} {% endif %}{% endfor %} {% for i in 'aab' %}{{ loop.changed(i) }}{{ loop.cycle('o', 'e') }}{% endfor %}
{% for i in [1] %}{% continue %}{% else %}else follows{% endfor %} {% for i in range(6) if i % 2 %}{{ i }}{{ '' if loop.last else ',' }}{% endfor %} {% for i in [1, 2]|map('string') %}{{ i }}{{ loop.length }}{% endfor %}
{% for i in [1] %}{{ later is defined }}{{ tools is defined }}{% endfor %}{% set later = 1 %}{% set tools = 2 %} {% set tools = tools + 1 %}{{ tools }} {% set a, (b, c) = 1, [2, 3] %}{{ a }}{{ b }}{{ c }} {% set _x = 'y' %}{{ _x }}
{% set ns = namespace({'a': 1}, b=namespace(c=2)) %}{{ ns.a }}{{ ns.b.c }}{{ ns.nope is defined }}
{% set ns = namespace(a=1, b='x') %}{% set ns.c %}body{% endset %}{{ ns }} {{ ns['c'] }} {% set t | upper | trim %} abc {% endset %}[{{ t }}] {% block one %}{% set z = 1 %}{{ z }}{{ ns is defined }}{% endblock %}{{ z is defined }}
{{ messages|map(attribute='role') is iterable }} {{ (messages|selectattr('role', 'eq', 'nobody')) is sequence }} {{ 'yes' if messages|selectattr('role', 'eq', 'nobody') else 'no' }} {% set g = [1, 2]|select %}{{ g|list }}{{ g|list }} {{ {'a': 1}.items() }} {{ {'a': 1}.keys() }} {{ range(3) }} {{ range(1, 9, 3)[1:] }}
{{ {1: 'a', none: 2, (1, 2): 3, true: 4} }} {{ {true: 'y', false: 'n'}[1 == 1] }} {{ {1: {'z': 1}}|tojson }} {{ [1, 2][true] }} {{ (1, 2) + (3,) }} {{ [1, 2] < [1, 3] }} {{ 0x1F + 0o17 + 0b11 }} {{ '\101' }}
{{ ['b', 'A', 'a']|sort }} {{ ['b', 'A', 'a']|sort(case_sensitive=true, reverse=true) }} {{ [{'n': 2, 's': 'x'}, {'n': 1, 's': 'Y'}]|sort(attribute='n')|map(attribute='s')|join }} {{ {'b': 1, 'A': 2}|dictsort }} {{ ['a', 'A', 'b']|unique|list }} {{ [3, 1]|max }} {{ ['b', 'A']|min }} {{ [1, 2.5]|sum }}
{% for g, l in [{'k': 'x', 'v': 1}, {'k': 'y', 'v': 2}, {'k': 'X', 'v': 3}]|groupby('k') %}{{ g }}{{ l|map(attribute='v')|list }}{% endfor %} {{ ([{'k': 1}]|groupby('k'))[0].grouper }} {{ [1, 2, 3]|batch(2, 0)|list }} {{ range(5)|slice(2)|list }}
{{ 'a\nb\n\nc'|indent }}| {{ 'a\nb'|indent('> ', true) }} {{ 'abc'|center(7) }}| {{ 'foo bar baz'|truncate(9, leeway=0) }} {{ 'one two-three'|wordcount }} {{ 'a b/c?é'|urlencode }} {{ {'q': 'a b'}|urlencode }} {{ {'class': 'x', 'n': none}|xmlattr }} {{ '<b> x </b>  y'|striptags }} {{ 13000|filesizeformat }} {{ 2.675|round(2) }} {{ 5|round }} {{ 42.55|round(1, 'floor') }} {{ '1f'|int(0, 16) }}
{{ ('<'|safe) + '<' }} {{ '<' + ('<b>'|safe) }} {{ '<'|e ~ '<' }} {{ ('%s'|safe) % '<' }} {{ ('<b>'|safe)|upper }} {{ '<'|escape is escaped }} {{ ['<', '<'|safe]|join }} {{ ['a'|safe] }}
{{ '%5.2f|%-4s|%+d|%x|%r|%%' % (1.239, 'ab', 5, 255, 'q') }} {{ '%(a)s' % {'a': 1} }} {{ '%s' % messages[0].role }} {{ '{:>6}|{:<4}|{:^7}|{:,}|{:.1%}|{!r}|{x}'.format('a', 'b', 'c', 1234567, 0.256, 'r', x=1) }} {{ '%s and %s'|format('a', 2) }}
{{ 'a-b-c'.partition('-') }} {{ 'ab'.zfill(4) }} {{ 'ab'.ljust(4, '.') }} {{ 'abc'.index('c') }} {{ 'a\tb'.expandtabs(4) }} {{ 'Straße'.casefold() }} {{ 'aB'.swapcase() }} {{ 'Ab Cd'.istitle() }} {{ 'x1'.isalnum() }} {{ 'é'.isalpha() }} {{ 'abcabc'.startswith('b', 1) }} {{ 'abc'.count('') }}
{{ strftime_now('%d %b %Y, %H:%M:%S %A %j') }} {{ strftime_now is defined }} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }} {% set j = joiner('; ') %}{{ j() }}x{{ j() }}y {{ dict([('a', 1)], b=2) }} {{ (undefined_name.x is defined) if false else 'short' }} {{ [nope] }}
{{ 'a' if false }} {{ nope is callable }} {{ 'upper' is filter }} {{ 'nosuch' is test }} {{ 1 is divisibleby 1.0 }} {{ (1).real }} {{ 7.0 // 2 }} {{ -7.5 // 2 }} {{ 5.5 % -2 }} {{ 1 == 1 == true }} {{ not 1 == 2 }} {{ 'x' in {'x': 1}.keys() }} {{ messages.0.role }}
{% if false %}{{ 1|nosuch }}{{ 1 is nosuch }}{% endif %}{% generation %}{% set inner = 1 %}{{ inner }}{% endgeneration %}{{ inner is defined }} {% macro d(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ d(*[1]) }}{{ d(**{'a': 2, 'b': 3}) }}
{{ true }} {{ True }} {{ None }} {{ 1 == true }} {{ [1, true] }} {{ 3 - 2 - 1 }} {{ 2 ** 3 ** 2 }} {{ 10 / 4 }} {{ 10 / 5 }} {{ 8 // 3.0 }} {{ 1 ~ 2 * 3 }} {{ 'a' + 2 ~ 3 }}
"""

MULTI_LINE = [
    '  {% if true %}indented\n  {% endif %}\n  after',
    'x {% if true %}\ny{% endif %} z',
    '    {%+ if true %}kept{% endif %} {% if true +%}\nkept{% endif %}',
    '{# a comment #}\nafter {#- tight -#}  comment\n  {# indented comment #}\nnext',
    '{% for i in range(2) %}\n  - {{ i }}\n{% endfor %}\nend',
    "a\n  {% if true %}\n  b\n  {% endif %}\nc\n", "\n\n{% set x = 1 %}\n\n{{ x }}\n\n", "  {{ 1 }}\n  {{- 2 }}\n",
    "{% for m in messages %}\n  {{ m.role }}\n\n{% endfor %}\n", "x\n\t{%- if 1 %}\n\ty\n\t{%- endif %}\n", "a\r\nb\r\n{% if 1 %}\r\nc{% endif %}\r\n",
    "{% if true -%}\n\n  x\n\n{%- endif %}\n\n  y", "{# c #}\n{# d #}\nx", "  {# c #}  \n y", "a {% if 1 %} \n b {% endif %} c",
    "{{ 1 }}\n{% if 1 %}\n{{ 2 }}\n{% endif %}\n\n", "{%- if 1 -%}\n  {% if 2 %}\n  x\n  {% endif %}\n{%- endif -%}\n", "\u00a0 {%- if 1 %}x{% endif -%} \u00a0 y",
    "{{ 'a\nb' }}", "{% if\n  1\n  and 2\n%}multi{% endif %}", "{% set a = [\n  1,\n  2,\n] %}{{ a }}",
    "  {% raw %}\n  {{ x }}\n  {% endraw %}\nafter", "x {%- raw -%}\n a \n{%- endraw -%}\n y", "a\n  {%+ raw %} {% endraw +%}\nb",
    "{% filter trim %}\n  a\n{% endfilter %}\nb", "{%- for i in [1] -%}\n  {#- c -#}\n  {{- i }}\n{%- endfor +%}\n",
]


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return jinja2.nodes.CallBlock(self.call_method("_pass"), [], [], body).set_lineno(line)

        def _pass(self, caller):
            return caller()

    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    made.filters["tojson"] = tojson
    made.globals["raise_exception"] = raise_exception
    made.globals["strftime_now"] = datetime.datetime.fromtimestamp(NOW, datetime.timezone.utc).replace(tzinfo=None).strftime
    return made


def rendered(template, messages, prompt):
    try:
        return {"text": template.render(
            messages=[{"role": role, "content": content} for role, content in messages], tools=None, documents=None,
            add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>")}
    except jinja2.exceptions.TemplateError as error:
        if type(error) is not jinja2.exceptions.TemplateError:
            raise
        return {"raises": str(error)}


def main():
    env = environment()
    families = []
    for name, source in FAMILIES.items():
        template = env.from_string(source)
        families.append({"name": name, "source": source, "results": [
            [rendered(template, messages, prompt) for prompt in (False, True)] for messages in CONVERSATIONS]})
    snippets = []
    for source in SNIPPETS.strip("\n").split("\n") + MULTI_LINE:
        try:
            snippets.append({"source": source, **rendered(env.from_string(source), CONVERSATIONS[2], True)})
        except Exception as error:
            raise SystemExit(f"{source}\n{error}")
    out = {"reference": f"jinja2 {jinja2.__version__}",
           "conversations": [[list(message) for message in messages] for messages in CONVERSATIONS],
           "families": families, "snippets": snippets}
    folder = pathlib.Path(__file__).parent / "tokenizer"
    folder.mkdir(exist_ok=True)
    (folder / "templates.json").write_text(json.dumps(out, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(f"{len(families)} families, {len(snippets)} snippets")


if __name__ == "__main__":
    main()
