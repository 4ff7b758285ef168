"""Random revision files for the scanner: pieces that real files have, and traps.

A file is made of statements picked by weight, then (for some) damaged by token edits.
Everything derives from one `random.Random`, so a seed names a file.
"""

from __future__ import annotations

import random
import tempfile

from alembic_c import _core

NAMES = ["revision", "down_revision", "branch_labels", "depends_on"]

STRINGS = [
    '"ae1027a6acf"',
    "'061'",
    '"kilo"',
    "'v3.2.0.a'",
    "u'abc'",
    'r"a\\b"',
    'R"""x"""',
    '"a" "b"',
    "'it''s'",
    '"\\x41\\u0042\\U00000043"',
    '"\\101\\7\\0"',
    '"a\\\nb"',
    '"\\ud800"',
    '"\\q\\d"',
    '"\\\\"',
    '"\\\'"',
    '"é\\t"',
    '"""multi\nline"""',
    "'''a\"b'''",
    '""',
    '"\\777"',
    "'日本'",
    '"a"\t\f"b"',
    '"a" \\\n "b"',
]
NOT_LITERALS = [
    "1",
    "previous",
    "helper('a')",
    "str('x')",
    "f'{1}'",
    "b'x'",
    "'a' + 'b'",
    "'a' % ()",
    "'a'.upper()",
    "'a_b'.split('_')[0]",
    "'a' if True else 'b'",
    "'a' or 'b'",
    "not 'a'",
    "'a'in'b'",
    "'a'if 1else'b'",
    "()or'x'",
    "tuple(['a'])",
    "[x for x in 'ab']",
    "{}",
    "{'a': 'b'}",
    "(*['a'],)",
    "lambda: 'x'",
    "'\\N{BULLET}'",
    "True",
    "-1",
    "...",
    "(yield_ := 'a')",
    "(revision := 'w')",
    "('a')[0]",
    "('a',)[0]",
    "'a', *['b']",
    "f'a' 'b'",
    "'a' f'{1}'",
    "{'a', ('b', 'c')}",
    "{'a'} | {'b'}",
    "['a'] + []",
    "['a'] * 2",
    "'a' == 'b'",
    "None is None",
]
ANNOTATIONS = [
    ": str",
    ": 'Final'",
    ": Union[str, None]",
    ": str | tuple[str, ...] | None",
    ":str",
    " : Union[\n    str,\n    None,\n]",
    ": None",
    ": dict(a=1)",
    ": (lambda x=1: x)",
    ": str == 1",
    ": [revision]",
    ": (revision := 1)",
    ": f'{1}'",
]
BODIES = [
    "pass",
    "op.execute('SET revision = 1')",
    "revision = 'local'",
    "global revision",
    "global  down_revision , x\n{i}down_revision = 'g'",
    "globals()['revision'] = 'g'",
    "x = {'revision': 1}",
    "self.revision = 'attr'",
    "exec('1')",
    "f'''{op} revision'''",
    "f'{x[\"a\"]}'",
    "f'{x:>{y}}' '#'",
    "'''\nrevision = 'text'\n'''",
    "x = [\n'a',  # (\n]",
    "vars()",
    "return revision",
    "(revision := 1)",
    "import sys",
    "# revision = 'comment'",
    "x = '#' ; y = \"'\"",
    "x = (1,\nrevision\n)",
    "def inner():\n{i}    nonlocal_ = revision",
    "if x:\n{i}  revision = 2",
]
SAFE_BODIES = BODIES[:3] + BODIES[9:13] + BODIES[18:]
STATEMENTS = [
    "import os",
    "from typing import Union",
    "from __future__ import annotations",
    "from os import (path as p, sep,)",
    "import os.path as p, sys",
    "log = dict(a=1, b=[2, 3], c={'x': ()})",
    "log = 'a'.join(['b', r'\\c']) + 'd' * 2",
    "log: Union[str, None] = None",
    "log = not x is None and -x ** 2 in (1, 2)",
    "from typing import *",
    "x = 1",
    "x = 1; y = 2",
    "x = lambda: 0; revision = 'after lambda'",
    "print_ = repr(revision) if 'revision' in dir() else None",
    "if x_ := 1:\n    revision = 'if'",
    "if 1: revision = 'inline'",
    "if 1: pass; revision = 'inline2'",
    "if 0:\n    pass\nelse: down_revision = 'else'",
    "try:\n    revision = 'try'\nexcept NameError:\n    pass",
    "try:\n    raise ValueError\nexcept ValueError as revision:\n    pass",
    "for revision in ['for']:\n    pass",
    "for x in ['for']: down_revision = x",
    "with open('/dev/null') as revision: pass",
    "with open('/dev/null') as f: pass",
    "del revision",
    "revision, down_revision = '0027', '0026'",
    "branch_labels = depends_on = None",
    "revision += 'x'",
    "(revision) = 'paren'",
    "[revision, x] = 'ab'",
    "(x, (revision, y)) = 1, (2, 3)",
    "import os as revision",
    "from os import path as down_revision",
    "globals()['revision'] = 'g'",
    "globals().update(revision='g')",
    "locals()['revision'] = 'l'",
    "vars()['revision'] = 'v'",
    "exec(\"revision = 'e'\")",
    "eval(\"(revision := 'ev')\")",
    "__doc__ = 'other'",
    "getattr(lambda: 0, '__globals__')['revision'] = 's'",
    "setattr(__import__('sys').modules[__name__], 'revision', 's')",
    "import sys; sys.modules[__name__].revision = 's'",
    "from sys import modules; modules[__name__].revision = 's'",
    "__import__('sys').modules[__name__].__dict__['revision'] = 's'",
    "(lambda: 0).__globals__['revision'] = 'f'",
    "[revision := q for q in 'ab']",
    "x = [(down_revision := q) for q in 'ab']",
    "f'{(revision := 5)}'",
    "f'{(down_revision:=5)}'",
    "x = f\"{'a'}\" '''revision = 1'''",
    "def revision(): pass",
    "class down_revision: pass",
    "def __getattr__(name): return 'dynamic'",
    "class A: revision = 'class'",
    "class A:\n    revision = 'class'\n    def f(self): self.revision = 1",
    "class A:\n    global revision\n    revision = 'gclass'",
    "def f(x=(revision := 'default')): pass",
    "def f(revision, down_revision=None): return revision",
    "def f(\n    revision,\n    x=1,\n): return revision",
    "def f(x: (depends_on := 1) = 2): pass",
    "class A((branch_labels := object)): pass",
    "def f(): global revision; revision = 'one'\nf()",
    "@(lambda revision: revision)\ndef f(): pass",
    "@(revision := (lambda g: g))\ndef f(): pass",
    "async def f():\n    revision = 1",
    "async   def down_revision(): pass",
    "match 'm':\n    case revision: pass",
    "match 'm':\n    case 'm':\n        revision = 1",
    "x = '''\nrevision = 'in text'\n'''",
    "x = '''\n''' ; revision = 'after text'",
    "x = (\n1)\nrevision = 'after bracket'",
    "x = 1 \\\n; revision = 'joined'",
    "\\\nrevision = 'joined start'",
    "# comment \\\nrevision = 'after comment'",
    "\frevision = 'form feed'",
    "  \frevision = 'form feed 2'",
    "if 1:\n\tx = 1\n        revision = 'tab'",
    "if 1:\n        x = 1.\n        revision = 'dot'",
    "x = 1.\nrevision = 'dot'",
    "def f():\n    pass\n  # odd comment\nrevision = 'after def'",
    "def f():\n    x = '''\nrevision = 'text'\n'''\n    revision = 3",
    "def f():\n    x = [\nrevision\n    ]\n\n\n    down_revision = 3",
    "class A:\n  x = 1\n  if x:\n    revision = 2",
    "\uff52evision = 'fullwidth'",
    "revi\u017fion = 'long s'",
    "é = 1",
    "type_ = revision.__class__ if 'revision' in dir() else 1",
    "0x1for x in ()",
    "x = 1if 1else 2",
    "x = 0or(revision:='glued')",
    "assert 'revision'",
    "x = {'revision': 1, \"down_revision\": 2}",
    "x = dict(revision=1)",
    "class A: pass\nA.revision = 'attr'\nA . down_revision = 'attr'",
    "x = A.revision if 0 else 1",
    "'a string that is no docstring'",
    "if 1:\n    def revision(): pass",
    "if 1:\n    class A:\n        revision = 'inner'\n    down_revision = 'outer'",
    "if 1:\n  def f():\n    revision = 1\n  revision = 2",
    "def f(): pass\nif 1:\n    revision = 'if after def'",
    "f'''\n{1}\nrevision = 'ftext'\n'''",
    "x = f'{1:{2}}' f'{{}}' rf'\\{3}'",
    "x = f'{\"}\"}' ; revision = 'brace'",
    "x = f'{\"{\"}' ; y = '}'",
    "x = f\"{'#'}\"",
    "x = rb'\\'' b'x'",
    "x = Rb'''\\''''' ",
    "async_ = 1",
    "import sys as s; getattr(s, 'modules')",
]
DOCS = [
    '"""add users\n\nRevision ID: abc\nRevises: other\n"""',
    "'''x'''",
    '"plain"',
    "'a' 'b'",
    "('paren')",
    "('paren'\n 'two')",
    "r'''raw \\d'''",
    "u'u'",
    "b'bytes'",
    "f'fstring {1}'",
    "'a' + 'b'",
    "'a' % ()",
    "'a',",
    "()",
    "('a', 'b')",
    "'doc'; revision = 'same line'",
    '"""é日本\n\tTabbed\n\t  more\n    spaces\n"""',
    '"""\n   first\n     second\n\n  \t\n   third"""',
    '"""one\\\n    two\n      three\n    """',
    '"""\\N{BULLET}"""',
    "'a'.upper()",
    "'''   lead\r\n   crlf'''",
    '"""\\ttab\\n   x\\r\\n  y"""',
    '"""   """',
    '"""\n\n"""',
    "# coding: utf-8\n'after cookie'",
    "#!/bin/sh\n# -*- coding: latin-1 -*-\n'''é'''",
    "# vim: set fileencoding=ascii :\n'x'",
    "\n\n'late'",
    "\f'ff'",
    "(yield_) = 'x'",
]
TOKENS = [
    *NAMES,
    *"()[]{}:;,=#\\'\"\n\t\f",
    "'''",
    '"""',
    ":=",
    "==",
    " ",
    "    ",
    "def ",
    "class ",
    "if 1:",
    "lambda:",
    "global ",
    "f'",
    "rb'",
    "\\\n",
    "\r\n",
    "\r",
    "import ",
    "*",
    ".",
    "1",
    "None",
    "in",
    "as ",
    "async ",
    "@",
    "é",
    "{{",
    "}}",
    "\n    ",
    "\n\t",
    "x",
    "exec",
    "global revision\n",
    "pass\n",
    "else:",
    "\x0b",
    "\x1a",
    "\n<<<<<<< HEAD\n",
    "\n=======\n",
    "\n>>>>>>> other\n",
    "\n||||||| base\n",
    "from __future__ import annotations\n",
    "not ",
    "x.",
    "f(x=1, ",
    "=",
]


def value(rng: random.Random, depth: int = 0) -> str:
    """Return an expression: mostly a literal that the scanner has to read."""
    if depth == 0 and rng.random() < 0.04:
        return rng.choice(NOT_LITERALS)
    kind = rng.random()
    if kind < 0.45 or depth > 3:
        return rng.choice(STRINGS if rng.random() < 0.3 else STRINGS[:3])
    if kind < 0.6:
        return "None"
    items = [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    space = rng.choice(["", " ", "\n", "\n    ", "  # 'x', (\n", "\\\n", "\t"])
    body = ("," + space).join(items)
    if items and rng.random() < 0.5:
        body += ","
    shape = rng.choice(["()", "()", "[]", "{}", "bare"])
    if shape == "bare" and depth == 0 and items:
        return ", ".join(items) + rng.choice(["", ","])
    if shape == "bare":
        shape = "()"
    return shape[0] + space + body + rng.choice(["", space]) + shape[1]


def assignment(rng: random.Random, name: str) -> str:
    """Return one binding of a header name, in one of its usual forms."""
    note = rng.choice(ANNOTATIONS[:7]) if rng.random() < 0.35 else ""
    if rng.random() < 0.03:
        note = rng.choice(ANNOTATIONS)
    if note and rng.random() < 0.1:
        return name + note
    equal = rng.choice([" = ", "=", " =\t", " = \\\n  ", "  ="])
    end = rng.choice(["", "", "  # type: ignore", ";", " ; x = 1", "  ", "\f"])
    return name + note + equal + value(rng) + end


def function(rng: random.Random) -> str:
    """Return a function or class with a body that may try to reach the module."""
    indent = rng.choice(["    ", "  ", "\t", "        "])
    head = rng.choice(
        ["def upgrade():", "def downgrade() -> None:", "class Model:", "def f(op, x):"]
    )
    lines = [
        indent
        + rng.choice(BODIES if rng.random() < 0.2 else SAFE_BODIES).replace(
            "{i}", indent
        )
        for _ in range(rng.randrange(1, 4))
    ]
    call = rng.choice(["", "", "\nupgrade()" if "upgrade" in head else ""])
    return "\n".join([head, *lines]) + call


def header(rng: random.Random) -> list[str]:
    """Return the bindings of a file's header, usually complete and in order."""
    names = [name for name in NAMES if rng.random() < 0.9]
    if rng.random() < 0.2:
        names.append(rng.choice(NAMES))
    if rng.random() < 0.1:
        rng.shuffle(names)
    statements = [assignment(rng, name) for name in names]
    if rng.random() < 0.1:
        return ["; ".join(part.rstrip(";") for part in statements)]
    return statements


def damage(rng: random.Random, source: str) -> str:
    """Insert, drop or double a few tokens."""
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(source) + 1)
        width = rng.choice([0, 0, 0, 1, 1, 2, 8])
        extra = rng.choice(TOKENS) if rng.random() < 0.8 else source[at : at + 12]
        source = source[:at] + extra + source[at + width :]
    return source


def revision_file(rng: random.Random) -> bytes:
    """Return the bytes of a random revision file."""
    statements: list[str] = []
    if rng.random() < 0.7:
        statements.append(rng.choice(DOCS if rng.random() < 0.3 else DOCS[:4]))
    extra = rng.choice([0, 0, 0, 0, 0, 1, 1, 2])
    body = header(rng) + [function(rng) for _ in range(rng.randrange(3))]
    for _ in range(extra):
        body.insert(rng.randrange(len(body) + 1), rng.choice(STATEMENTS))
    source = "\n".join(statements + body) + rng.choice(["\n", "", "\n\n", "\n#"])
    if rng.random() < 0.3:
        source = damage(rng, source)
    if rng.random() < 0.1:
        source = source.replace("\n", rng.choice(["\r\n", "\r"]))
    encoded = source.encode("utf-8", "surrogatepass")
    if rng.random() < 0.03:
        encoded = b"\xef\xbb\xbf" + encoded
    if rng.random() < 0.02:
        at = rng.randrange(len(encoded) + 1)
        encoded = encoded[:at] + rng.choice([b"\0", b"\xff", b"\xc3"]) + encoded[at:]
    return encoded


def scan(content: bytes) -> _core.ScannedFile:
    """Scan a revision file of that content."""
    with tempfile.NamedTemporaryFile(suffix=".py") as file:
        file.write(content)
        file.flush()
        return _core.scan_file(file.name)
