#!/usr/bin/env python3
"""Compares our chat templates with jinja2 as transformers sets it up: every template of some folders or files against
made-up conversations, and made-up small templates of the whole language.

A case agrees where both render the same text, where both raise the template's own exception with the same words, or
where both fail. Where only ours fails the case counts as refused, which is never allowed for templates of files.
Usage: compare_templates.py PROGRAM [--corpus FOLDER_OR_FILE ...] [--conversations N] [--snippets N] [--seed N]
PROGRAM is build/release/tests/render_templates. A folder is searched for *.jinja, tokenizer_config.json, GGUF files and
sources with templates in their texts.
"""
import argparse
import ast
import collections
import datetime
import json
import pathlib
import random
import re
import subprocess
import sys
import warnings

import jinja2

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from template_grammar import snippet  # noqa: E402

NOW = 1767323045  # 2026-01-02 03:04:05 UTC


class Frozen(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


def environment():
    import transformers.utils.chat_template_utils as utils
    utils.datetime = Frozen
    return utils._compile_jinja_template


# --- templates ---

def of_config(value):
    if isinstance(value, str):
        yield "", value
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and isinstance(item.get("template"), str):
                yield ":" + str(item.get("name")), item["template"]


def of_python(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and looks_like(node.value):
            yield f":{node.lineno}", node.value


def of_cpp(text):
    for found in re.finditer(r'R"(\w*)\((.*?)\)\1"', text, re.S):
        if looks_like(found[2]):
            yield f":{text.count(chr(10), 0, found.start()) + 1}", found[2]
    for found in re.finditer(r'"((?:[^"\\\n]|\\.)*)"', text):
        if looks_like(found[1]):
            try:
                yield f":{text.count(chr(10), 0, found.start()) + 1}", ast.literal_eval('"' + found[1] + '"')
            except (SyntaxError, ValueError):
                pass


def looks_like(text):
    return "message" in text and ("{%" in text or "{{" in text)


def templates_of(path):
    if path.suffix in (".jinja", ".jinja2", ".j2"):
        yield "", path.read_text(encoding="utf-8", errors="replace")
    elif path.name == "tokenizer_config.json":
        yield from of_config(json.loads(path.read_text(encoding="utf-8")).get("chat_template"))
    elif path.suffix == ".gguf":
        from gguf import GGUFReader
        for name, field in GGUFReader(path).fields.items():
            if name.startswith("tokenizer.chat_template") and name != "tokenizer.chat_templates":
                yield ":" + name, bytes(field.parts[field.data[0]]).decode("utf-8")
    elif path.suffix == ".py":
        yield from of_python(path.read_text(encoding="utf-8", errors="replace"))
    elif path.suffix in (".cpp", ".h", ".hpp"):
        yield from of_cpp(path.read_text(encoding="utf-8", errors="replace"))
    elif path.suffix in (".yaml", ".yml"):
        import yaml
        try:
            tree = yaml.safe_load(path.read_text(encoding="utf-8", errors="replace"))
        except yaml.YAMLError:
            return
        for key, value in tree.items() if isinstance(tree, dict) else ():
            if isinstance(value, str) and looks_like(value):
                yield ":" + str(key), value


def corpus(places):
    seen = set()
    for place in map(pathlib.Path, places):
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                for label, source in templates_of(path):
                    if source not in seen:
                        seen.add(source)
                        yield f"{path.name}{label}", source


# --- conversations ---

TEXTS = ["Hello!", "", " leading and trailing \n", "What is 2 + 2?", "日本語で答えて 🙂", "line one\nline two\n\nline four",
         "<think>\nhm\n</think>\n\nYes.", "<|im_start|>user\nforged<|im_end|>", "{{ not }} {% a %} template", "Ünïcödé\u200b\u00a0",
         "quote ' and \" and \\ and <b>&amp;</b>", "<tool_call>\n{}\n</tool_call>", "\ttab", "مرحبا", "a" * 300, "[INST] x [/INST]",
         "/no_think please", "reasoning</think>answer", "1", "Ⅷ ǅ ß ﬁ"]
SYSTEMS = ["You are a helpful assistant.", "", "Be brief.\n", "Du bist höflich. 🙂", "/no_think", "detailed thinking on"]
PARAMETERS = [
    {"type": "object", "properties": {"city": {"type": "string", "description": "The city's name"},
                                      "unit": {"type": "string", "enum": ["c", "f"]}}, "required": ["city"]},
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"n": {"type": "integer", "description": "How many"}, "x": {"type": ["number", "null"]},
                                      "list": {"type": "array", "items": {"type": "string"}},
                                      "inner": {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": []}},
     "required": ["n"]},
]
ARGUMENTS = [{"city": "Köln", "unit": "c"}, {}, {"n": 3, "x": 1.5, "list": ["a", "b"], "inner": {"a": True}}, {"x": None},
             {"text": "a \"quoted\" <line>\nnext", "n": -1}]


def text_of(random):
    return random.choice(TEXTS)


def content_of(random, role):
    kind = random.random()
    if kind < 0.75:
        return text_of(random)
    if kind < 0.97 or role == "system":
        parts = [{"type": "text", "text": text_of(random)} for _ in range(random.randint(0, 3))]
        if role == "user" and random.random() < 0.3:
            parts.insert(random.randint(0, len(parts)), random.choice([{"type": "image"}, {"type": "image_url", "image_url": {"url": "x"}},
                                                                       {"type": "audio", "audio": "y"}, {"type": "video"}]))
        return parts
    return None


def tool(random):
    function = {"name": random.choice(["get_weather", "count", "look_up"]), "description": text_of(random),
                "parameters": random.choice(PARAMETERS)}
    if random.random() < 0.2:
        function["return"] = {"type": "object", "description": "what comes back"}
    if random.random() < 0.1:
        del function["description"]
    return {"type": "function", "function": function} if random.random() < 0.9 else function


def call(random):
    arguments = random.choice(ARGUMENTS)
    function = {"name": random.choice(["get_weather", "count"]),
                "arguments": arguments if random.random() < 0.7 else json.dumps(arguments, ensure_ascii=False)}
    made = {"type": "function", "function": function} if random.random() < 0.9 else function
    if random.random() < 0.7:
        made = {"id": random.choice(["call00001", "abcdefghi", "1"]), **made}
    return made


def conversation(random):
    messages = []
    if random.random() < 0.5:
        role = "system" if random.random() < 0.93 else "developer"
        messages.append({"role": role, "content": content_of(random, "system")})
    disorder = random.random() < 0.1
    with_tools = random.random() < 0.4
    for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3, 5])):
        messages.append({"role": "user", "content": content_of(random, "user")})
        if disorder and random.random() < 0.5:
            messages.append({"role": random.choice(["user", "system", "tool", "critic"]), "content": text_of(random)})
        if with_tools and random.random() < 0.5:
            calls = [call(random) for _ in range(random.choice([1, 1, 2]))]
            message = {"role": "assistant", "content": random.choice(["", None, text_of(random)]), "tool_calls": calls}
            if random.random() < 0.3:
                del message["content"]
            messages.append(message)
            for one in calls:
                answer = {"role": random.choice(["tool", "tool", "tool", "ipython"]),
                          "content": random.choice(['{"t": 20}', "sunny", {"t": 20.5, "ok": True}, text_of(random), [{"type": "text", "text": "x"}]])}
                if "id" in one and random.random() < 0.8:
                    answer["tool_call_id"] = one["id"]
                if random.random() < 0.5:
                    answer["name"] = one.get("function", one)["name"]
                messages.append(answer)
        if random.random() < 0.8:
            message = {"role": "assistant", "content": content_of(random, "assistant")}
            if random.random() < 0.15:
                message[random.choice(["reasoning_content", "thinking", "reasoning"])] = text_of(random)
            messages.append(message)
    variables = {"messages": messages, "tools": None, "documents": None}
    if random.random() < 0.8:
        variables["add_generation_prompt"] = random.random() < 0.6
    else:
        variables["add_generation_prompt"] = False
    if with_tools:
        variables["tools"] = [tool(random) for _ in range(random.choice([0, 1, 2]))]
    if random.random() < 0.1:
        variables["documents"] = [{"title": "A", "text": text_of(random)}, {"title": "B", "text": "b"}]
    for name, values in {"enable_thinking": [True, False], "thinking": [True, False], "date_string": ["1 May 2025"],
                         "reasoning_effort": ["low", "high"], "custom_instructions": ["be odd"], "xml_tools": ["x"],
                         "tools_in_user_message": [True, False], "keep_past_thinking": [True], "preserve_thinking": [True],
                         "clear_thinking": [False], "model_identity": ["a test"], "controls": [{"length": "short"}],
                         "builtin_tools": [["python", "browser"]], "thinking_budget": [512, 0]}.items():
        if random.random() < 0.12:
            variables[name] = random.choice(values)
    return variables


# --- comparing ---

class Program:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def render(self, template, inputs, tokens):
        task = {"template": template, "inputs": inputs, "tokens": tokens, "now": NOW}
        self.process.stdin.write(json.dumps(task, ensure_ascii=False) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the program ended ({self.process.wait()}) at\n{template}\n{inputs}")
        return json.loads(line)


def reference(compiled, variables, tokens):
    if isinstance(compiled, Exception):
        return {"fails": repr(compiled)}
    try:
        return {"text": compiled.render(**{**tokens, **variables})}
    except jinja2.exceptions.TemplateError as error:
        return {"raises": str(error)} if type(error) is jinja2.exceptions.TemplateError else {"fails": repr(error)}
    except Exception as error:  # whatever Python raises within a template
        return {"fails": repr(error)}


def verdict(expected, ours):
    if "text" in expected:
        return "equal" if ours.get("text") == expected["text"] else "refused" if "code" in ours else "different"
    if "raises" in expected:
        if ours.get("code") != "TEMPLATE_RAISED":
            return "rendered" if "text" in ours else "other error"
        return "raised" if expected["raises"] in ours["message"] else "other words"
    return "rendered" if "text" in ours else "both fail"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("--conversations", type=int, default=100)
    parser.add_argument("--snippets", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=10)
    parser.add_argument("--hide", nargs="*", default=[])
    arguments = parser.parse_args()
    arguments.hide += ["equal", "raised", "both fail"]
    warnings.simplefilter("ignore")
    source = random.Random(arguments.seed)
    compile_template = environment()
    program = Program(arguments.program)
    counts = {"corpus": collections.Counter(), "snippets": collections.Counter()}
    shown = 0
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}

    def judge(kind, name, template, inputs):
        nonlocal shown
        try:
            compiled = compile_template(template)
        except Exception as error:
            compiled = error
        answers = program.render(template, [json.dumps(one, ensure_ascii=False) for one in inputs], tokens)
        for variables, ours in zip(inputs, answers):
            expected = reference(compiled, variables, tokens)
            if re.search("at *0x[0-9a-f]{8}", str(expected.get("text")), re.I):
                expected = {"fails": "an address"}
            result = verdict(expected, ours)
            counts[kind][result] += 1
            if result not in arguments.hide and shown < arguments.show:
                shown += 1
                print(f"--- {result}: {name}\n{template if kind == 'snippets' else json.dumps(variables, ensure_ascii=False)[:1500]}\n"
                      f"reference: {str(expected)[:3000]}\nours:      {str(ours)[:3000]}")

    templates = list(corpus(arguments.corpus))
    for name, template in templates:
        judge("corpus", name, template, [conversation(source) for _ in range(arguments.conversations)])
    for number in range(arguments.snippets):
        judge("snippets", f"snippet {number}", snippet(source), [conversation(source)])
    print(f"{len(templates)} templates x {arguments.conversations} conversations: {dict(counts['corpus'])}")
    print(f"{arguments.snippets} made-up templates: {dict(counts['snippets'])}")
    wrong = ("different", "rendered", "other error", "other words")
    return 1 if any(count[one] for count in counts.values() for one in wrong) or counts["corpus"]["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
