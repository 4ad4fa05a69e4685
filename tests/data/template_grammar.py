"""Random small templates over all of the language that is supported, for compare_templates.py: whitespace control,
scopes, loops, macros, calls, filters, tests, methods and formats, with values of every kind. Many fail, in both."""

NAMES = ["a", "b", "c", "x", "ns", "item", "messages", "tools", "add_generation_prompt", "nothing", "bos_token"]
LITERALS = ["0", "1", "2", "-1", "3", "7", "10", "1.5", "0.1", "-2.5", "1e3", "100000.0", "true", "false", "none", "''", "'a'", "'b'",
            "'Hello World'", "' padded '", "'a,b,,c'", "\"it's\"", "'<b>&amp;</b>'", "'üñí 🙂'", "'x\\ny\\n\\nz'", "'10'", "'3.7'",
            "[]", "[1, 2, 3]", "['b', 'A', 'a', 'C']", "[3, 1, 2, 1]", "(1, 2)", "()", "(1,)", "{}", "{'a': 1, 'b': [2]}",
            "{'k': 'v', 'A': none, 'b': 2.0}", "[{'n': 1, 's': 'x'}, {'n': 2, 's': 'Y'}, {'n': 1, 's': 'y'}]", "[[1, 2], [3]]",
            "range(4)", "range(5, 0, -2)", "'%s-%s'", "'{} {!r} {:>5}'", "1_000", "0x1F", "'\\t'", "[1, 'a', none, true]", "'abcabc'"]
FILTERS = ["abs", "attr('n')", "batch(2)", "batch(2, 'f')", "capitalize", "center(9)", "count", "d('dd')", "default('x', true)", "default(1)",
           "dictsort", "dictsort(by='value')", "dictsort(true, reverse=true)", "e", "escape", "filesizeformat", "filesizeformat(true)", "first",
           "float", "float(1.5)", "forceescape", "format(1, 'z')", "groupby('n')", "groupby('s')", "groupby(0)", "indent", "indent(2)",
           "indent(1, true)", "indent('> ', true, true)", "int", "int(5)", "int(0, 16)", "join", "join('-')", "join(', ', attribute='s')",
           "last", "length", "list", "lower", "items", "items|list", "map('upper')", "map('upper')|list", "map(attribute='n')|list",
           "map(attribute='q', default='D')|list", "map('int')|sum", "map('length')|list", "min", "max", "min(attribute='n')", "max(true)", "reject('odd')|list",
           "rejectattr('n', 'eq', 1)|list", "replace('a', 'Z')", "replace('b', '<', 1)", "replace('', '.')", "reverse", "reverse|list", "round", "round(1)",
           "round(2, 'floor')", "round(-1)", "round(method='ceil')", "safe", "select|list", "select('string')|list", "selectattr('n')|list",
           "selectattr('s', 'in', ['x', 'y'])|list", "selectattr('role', 'equalto', 'user')|list|length", "slice(2)|list", "slice(3, 'f')|list", "sort",
           "sort(reverse=true)", "sort(attribute='s')", "sort(attribute='n,s')", "sort(case_sensitive=true)", "string", "striptags", "sum",
           "sum(attribute='n')", "sum(start=10)", "title", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)",
           "tojson(separators=(',', ':'))", "tojson(indent=0)", "trim", "trim('ab ')", "truncate(5)", "truncate(4, true, '~', 0)",
           "unique|list", "unique(true)|list", "unique(attribute='n')|list", "upper", "urlencode", "wordcount", "xmlattr", "unique", "map('trim')",
           "tojson|safe", "string|length", "list|tojson", "first|upper", "nosuch"]
TESTS = ["boolean", "callable", "defined", "divisibleby 2", "divisibleby(3)", "eq 1", "equalto('a')", "escaped", "even", "false", "filter", "float",
         "ge 1", "gt(1)", "in [1, 'a']", "in 'abc'", "integer", "iterable", "le 2", "lower", "lt 3", "mapping", "ne 1", "none", "number", "odd", "sameas none",
         "sequence", "string", "test", "true", "undefined", "upper", "not none", "not defined", "not string", "== 1", "lessthan 2"]
METHODS = ["strip()", "strip('a')", "lstrip()", "rstrip('\\n')", "upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()",
           "split()", "split(',')", "split(',', 1)", "rsplit(',', 1)", "rsplit(none, 1)", "splitlines()", "splitlines(true)", "partition(',')",
           "rpartition(' ')", "replace('a', 'b')", "replace('b', '', 1)", "startswith('a')", "endswith(('c', ' '))", "startswith('b', 1)", "find('b')", "rfind('b')",
           "index('a')", "count('a')", "count('')", "join(['p', 'q'])", "join('xyz')", "isdigit()", "isalpha()", "isalnum()", "isspace()", "isupper()", "islower()",
           "istitle()", "isnumeric()", "isdecimal()", "isascii()", "isprintable()", "zfill(5)", "ljust(8, '.')", "rjust(8)", "center(8, '*')", "center(7)",
           "expandtabs(4)", "removeprefix('a')", "removesuffix('c')", "format(1, 'two', 3)", "format('q', a, b)", "items()", "keys()", "values()", "items()|list",
           "keys()|list", "get('a')", "get('zz', 'dd')", "get('k')", "copy()", "append(1)", "pop()", "update({})", "count(1)", "index(1)", "isidentifier",
           "format", "items", "n", "s", "a", "real", "0", "length", "grouper", "next()", "name", "x.y"]
SUBSCRIPTS = ["[0]", "[-1]", "[1:]", "[:-1]", "[::-1]", "[1:3]", "['a']", "['n']", "[10]", "['items']", "[::2]", "[-2:]", "[a]", "[none]", "[true]", "[1:none]", "['split']"]
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"]
SPECS = ["'%d' % a", "'%05.1f|%-6s|%+d' % (1.25, 'ab', 7)", "'%s %s' % (a, b)", "'%r' % x", "'%(k)s' % {'k': a}", "'%x %X %o' % (255, 255, 8)", "'%e' % 12345.678",
         "'%g' % 0.0001", "'%5s|%-5s|' % ('a', 'b')", "'%%' % ()", "'%c' % 'x'", "'%.2s' % 'abcdef'", "'%s' % [1]", "'%i' % 3.9", "'{:05d}'.format(42)",
         "'{:>8}|{:<8}|{:^8}'.format(a, b, 'c')", "'{:,}'.format(1234567)", "'{0}{1}{0}'.format(a, b)", "'{x}'.format(x=a)", "'{:.3f}'.format(2)",
         "'{:08.2f}'.format(-3.14159)", "'{a[k]}'.format(a={'k': 1})", "'{!r:>6}'.format('q')", "'{:x}'.format(254)", "'{:+}'.format(3)", "'{:%}'.format(0.25)",
         "'{{}}'.format()", "'{:*^9}'.format('mid')", "'{:{}}'.format('w', 6)", "'{:e}'.format(1234.5)", "'%s' % nothing"]


class Maker:
    def __init__(self, random):
        self.random = random
        self.macros = 0

    def pick(self, options):
        return self.random.choice(options)

    def chance(self, probability):
        return self.random.random() < probability

    def expression(self, depth=0):
        kind = self.random.random()
        if depth > 2 or kind < 0.3:
            return self.pick(LITERALS)
        if kind < 0.42:
            return self.pick(NAMES)
        inner = lambda: self.expression(depth + 1)  # noqa: E731
        if kind < 0.55:
            return f"{self.wrapped(depth)}|{self.pick(FILTERS)}"
        if kind < 0.62:
            return f"{self.wrapped(depth)}.{self.pick(METHODS)}"
        if kind < 0.68:
            return f"{self.wrapped(depth)}{self.pick(SUBSCRIPTS)}"
        if kind < 0.75:
            return f"{self.wrapped(depth)} is {self.pick(TESTS)}"
        if kind < 0.88:
            text = f"{inner()} {self.pick(OPERATORS)} {inner()}"
            return f"({text})" if self.chance(0.4) else text
        if kind < 0.91:
            return f"{inner()} if {inner()}" + (f" else {inner()}" if self.chance(0.8) else "")
        if kind < 0.93:
            return f"not {inner()}" if self.chance(0.6) else f"-{inner()}"
        if kind < 0.95:
            return self.pick(SPECS)
        if kind < 0.97:
            return f"[{inner()}, {inner()}]" if self.chance(0.5) else f"{{'k': {inner()}, {self.pick(['1', 'a', 'none', '(1, 2)'])}: {inner()}}}"
        return self.pick([f"m{self.random.randint(0, 2)}({inner()})", f"m0({inner()}, b={inner()})", "namespace(a=1, b='q')", f"dict(a={inner()})", "dict([('a', 1)])",
                          "caller()", "caller(1)", "cycler(1, 2).next()", "loop.index", "loop.last", "loop.first", "loop.revindex0", "loop.cycle('o', 'e')",
                          "loop.changed(item)", "loop.previtem", "loop.nextitem", "loop.length", "loop.depth", "varargs", "kwargs", "m1.name", "m0(*[1, 2])",
                          "m0(**{'a': 5})", "strftime_now('%Y-%m-%d %H:%M %A %j')", "ns.a", "ns.b", "raise_exception('no: ' ~ a)", "loop([1, 2])", "joiner('; ')()"])

    def wrapped(self, depth):
        text = self.expression(depth + 1)
        return text if self.chance(0.3) and " " not in text else f"({text})"

    def tag(self, body):
        return "{%" + self.pick(["", "", "", "-", "+"]) + f" {body} " + self.pick(["", "", "", "-", "+"]) + "%}"

    def output(self):
        return "{{" + self.pick(["", "", "-"]) + f" {self.expression()} " + self.pick(["", "", "-"]) + "}}"

    def text(self):
        return self.pick(["", " ", "\n", "  \n", "text", " a b ", "\n\n  ", "\t", "é\n", "<x>", "{ }", "}}", "\r\n", "\u00a0", "#}", "end\n", "{# note #}", "{#- n -#}",
                          " {# n +#}\n", "{% raw %}{{ x }}{% endraw %}", "{%- raw -%} {% y %}\n {%- endraw %}\n"])

    def body(self, depth, loop=False):
        return "".join(self.statement(depth + 1, loop) for _ in range(self.random.choice([1, 1, 2])))

    def target(self):
        return self.pick(["a", "b", "c", "x", "item", "messages", "tools", "nothing", "ns.a", "ns.c", "a, b", "(a, x)", "_y"])

    def statement(self, depth=0, loop=False):
        kind = self.random.random()
        if depth > 3 or kind < 0.22:
            return self.text()
        if kind < 0.5:
            return self.output()
        if kind < 0.62:
            return self.tag(f"set {self.target()} = {self.expression()}" + (f", {self.expression()}" if self.chance(0.1) else ""))
        if kind < 0.72:
            text = self.tag(f"if {self.expression()}") + self.body(depth, loop)
            if self.chance(0.3):
                text += self.tag(f"elif {self.expression()}") + self.body(depth, loop)
            if self.chance(0.4):
                text += self.tag("else") + self.body(depth, loop)
            return text + self.tag("endif")
        if kind < 0.84:
            head = f"for {self.pick(['item', 'x', 'a', 'item', 'a, b'])} in {self.expression()}"
            if self.chance(0.25):
                head += f" if {self.pick(['item', 'x', 'a'])} {self.pick(['is odd', '!= 1', '', 'is string', 'in messages', '> ns.a'])}"
            if self.chance(0.06):
                head += " recursive"
            text = self.tag(head) + self.body(depth, True)
            if self.chance(0.15):
                text += self.tag(f"if {self.expression()}") + self.tag(self.pick(["break", "continue"])) + self.tag("endif")
            if self.chance(0.2):
                text += self.tag("else") + self.body(depth, loop)
            return text + self.tag("endfor")
        if kind < 0.88:
            name = f"m{self.macros % 3}"
            self.macros += 1
            parameters = self.pick(["", "a", "a, b=2", "a=x, b=a", "item", "a, caller=none"])
            return self.tag(f"macro {name}({parameters})") + self.body(depth) + self.tag("endmacro") + "{{ " + f"{name}({self.expression(2)})" + " }}"
        if kind < 0.91:
            filters = self.pick(["", " | upper", " | trim | replace('a', x)", "|length"])
            return self.tag(f"set {self.pick(['a', 'b', 'x', 'ns.a'])}{filters}") + self.body(depth, loop) + self.tag("endset")
        if kind < 0.94:
            return self.tag(f"filter {self.pick(['upper', 'trim', 'indent(2, true)', 'replace(a, b)', 'title|length', 'tojson'])}") + self.body(depth, loop) + self.tag("endfilter")
        if kind < 0.97:
            heads = ["with", f"with a = {self.expression(2)}", f"with a = b, b = {self.expression(2)}"]
            return self.tag(self.pick(heads)) + self.body(depth, loop) + self.tag("endwith")
        if kind < 0.985:
            return self.tag(f"call{self.pick(['', '(x)', '(a, b=1)'])} m{self.random.randint(0, 2)}({self.expression(2)})") + self.body(depth) + self.tag("endcall")
        return self.tag("generation") + self.body(depth) + self.tag("endgeneration") if self.chance(0.7) else self.tag(f"block {self.pick('pqrstuv')}{self.random.randint(0, 99)}") + self.body(depth) + self.tag("endblock")


def snippet(random):
    maker = Maker(random)
    opening = "{% set ns = namespace(a=1, b=[2]) %}{% set a = " + random.choice(LITERALS) + " %}" if random.random() < 0.6 else ""
    return opening + "".join(maker.statement() for _ in range(random.choice([1, 1, 2, 2, 3])))
