/* scan/: the exact-or-dynamic rule, values, docstrings, limits. */
#include "harness.h"

#include "alc/scan.h"

#include "../../csrc/scan/lexer.h"

/* Scan a file with a table's worth of state around it. */
struct scanned {
    struct alc_arena arena;
    struct alc_scan_scratch scratch;
    struct alc_scan scan;
};

static void scan(struct scanned *s, const char *content, size_t len)
{
    alc_arena_init(&s->arena);
    alc_scan_scratch_init(&s->scratch);
    CHECK(alc_scan_text(&s->scan, content, len, &s->arena, &s->scratch, NULL) == 0);
}

static void unscan(struct scanned *s)
{
    alc_scan_scratch_release(&s->scratch);
    alc_arena_release(&s->arena);
}

/* A value as text: 'str' (v,) [v] {v} None -. */
static void put_value(char *to, size_t cap, const struct alc_value *value)
{
    static const char *const brackets[] = {
        [ALC_VALUE_TUPLE] = "()", [ALC_VALUE_LIST] = "[]", [ALC_VALUE_SET] = "{}"};
    size_t len = strlen(to);

    switch (value->kind) {
    case ALC_VALUE_ABSENT:
        snprintf(to + len, cap - len, "-");
        return;
    case ALC_VALUE_NONE:
        snprintf(to + len, cap - len, "None");
        return;
    case ALC_VALUE_STR:
        snprintf(to + len, cap - len, "'%s'", value->u.str.ptr);
        return;
    case ALC_VALUE_TUPLE:
    case ALC_VALUE_LIST:
    case ALC_VALUE_SET:
        break;
    }
    snprintf(to + len, cap - len, "%c", brackets[value->kind][0]);
    for (uint32_t i = 0; i < value->n_items; i++) {
        put_value(to, cap, &value->u.items[i]);
        len = strlen(to);
        snprintf(to + len, cap - len, ",");
    }
    len = strlen(to);
    snprintf(to + len, cap - len, "%c", brackets[value->kind][1]);
}

static void test_values(void)
{
    static const struct {
        const char *content;
        const char *value; /* NULL: not a literal */
    } cases[] = {
        {"'a'", "'a'"},
        {"\"a\" # c", "'a'"},
        {"None", "None"},
        {"u'x'", "'x'"},
        {"U\"x\"", "'x'"},
        {"r'a\\n'", "'a\\n'"},
        {"R'''a\n'b'''", "'a\n'b'"},
        {"'a' \"b\" r'c'", "'abc'"},
        {"'a' \\\n 'b'", "'ab'"},
        {"('a'\n 'b' # c\n)", "'ab'"},
        {"(('a'))", "'a'"},
        {"'a',", "('a',)"},
        {"'a', 'b'", "('a','b',)"},
        {"()", "()"},
        {"( )", "()"},
        {"[]", "[]"},
        {"['a', None,]", "['a',None,]"},
        {"{'a', ('b',)}", "{'a',('b',),}"},
        {"('a', # 'x', (\n 'b',\n)", "('a','b',)"},
        {"[('a', ['b']), ()]", "[('a',['b',],),(),]"},
        {"'\\x41\\u00e9\\U00000042'", "'A\xc3\xa9"
                                      "B'"},
        {"'\\101\\1012\\0'", "'AA2'"},
        {"'\\777'", "'\xc7\xbf'"},
        {"'\\ud800'", "'\xed\xa0\x80'"},
        {"'\\\\\\'\\\"\\a\\b\\f\\n\\r\\t\\v'", "'\\'\"\a\b\f\n\r\t\v'"},
        {"'\\d\\8'", "'\\d\\8'"},
        {"'a\\\nb'", "'ab'"},
        {"r'a\\\nb'", "'a\\\nb'"},
        {"'\xc3\xa9'", "'\xc3\xa9'"},
        {"", NULL},
        {"x", NULL},
        {"NoneX", NULL},
        {"None.x", NULL},
        {"1", NULL},
        {"'a' 'b' x", NULL},
        {"'a' + 'b'", NULL},
        {"'a'in'b'", NULL},
        {"'a'if x else'b'", NULL},
        {"b'a'", NULL},
        {"'a' b'a'", NULL},
        {"f'a'", NULL},
        {"'a' f'{x}'", NULL},
        {"t'a'", NULL},
        {"ur'a'", NULL},
        {"{}", NULL},
        {"{'a': 'b'}", NULL},
        {"{['a']}", NULL},
        {"{('a', ['b'])}", NULL},
        {"(,)", NULL},
        {"('a',,)", NULL},
        {"('a' 'b', *c)", NULL},
        {"('a')('b')", NULL},
        {"('a')[0]", NULL},
        {"'\\N{BULLET}'", NULL},
        {"'\\x4'", NULL},
        {"'\\U00110000'", NULL},
        {"('a'", NULL},
        {"'a", NULL},
        {"'a\n'", NULL},
        {"(a := 'b')", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char content[256], value[256] = "";
        struct scanned s;

        case_name = cases[i].content;
        snprintf(content, sizeof content, "revision = %s", cases[i].content);
        scan(&s, content, strlen(content));
        if (!cases[i].value) {
            CHECK(s.scan.reason != ALC_SCAN_OK);
        } else if (CHECK(s.scan.reason == ALC_SCAN_OK)) {
            put_value(value, sizeof value, &s.scan.values[ALC_SCAN_REVISION]);
            CHECK(strcmp(value, cases[i].value) == 0);
        }
        unscan(&s);
    }
}

static void test_rule(void)
{
    static const struct {
        const char *content;
        enum alc_scan_reason reason;
        uint32_t line;
    } cases[] = {
        /* exact */
        {"", ALC_SCAN_OK, 0},
        {"revision = 'a'", ALC_SCAN_OK, 0},
        {"revision: str = 'a'\nrevision: str", ALC_SCAN_OK, 0},
        {"revision: Union[\n str,\n None] = 'a'", ALC_SCAN_OK, 0},
        {"x = 1; revision = 'a'; down_revision = 'b' # c", ALC_SCAN_OK, 0},
        {"x = lambda: 0; revision = 'a'", ALC_SCAN_DOUBT, 1},
        {"def f():\n revision = 1\n\n  # c\nx = 1", ALC_SCAN_OK, 0},
        {"class A:\n revision = 1\n def f(self): self.revision = 2", ALC_SCAN_OK, 0},
        {"def f(revision, x=None): return revision", ALC_SCAN_OK, 0},
        {"if 1:\n def f():\n  revision = 2\n x = 1", ALC_SCAN_OK, 0},
        {"x = '''\nrevision = 1\n'''", ALC_SCAN_OK, 0},
        {"x = A.revision", ALC_SCAN_OK, 0},
        {"from .revision import x", ALC_SCAN_OK, 0},
        {"def f(): session.exec(x); t.modules_", ALC_SCAN_OK, 0},
        {"modules = sa.table('modules')", ALC_SCAN_OK, 0},
        {"def f(): f'{x[\"a\"]:>{w}} {{}} \\{y}'", ALC_SCAN_OK, 0},
        {"x = (\n\n# )\n']'\n)\nrevision = 'a'", ALC_SCAN_OK, 0},
        {"# -*- coding: UTF-8 -*-\n", ALC_SCAN_OK, 0},
        {"\xEF\xBB\xBFrevision = 'a'", ALC_SCAN_OK, 0},
        {"revision = 'a'\r\ndown_revision = 'b'\rx = 1", ALC_SCAN_OK, 0},
        /* bound in another way */
        {"\nif 1:\n revision = 'a'", ALC_SCAN_BINDING, 3},
        {"if 1: revision = 'a'", ALC_SCAN_BINDING, 1},
        {"if 1: pass; revision = 'a'", ALC_SCAN_BINDING, 1},
        {"if 1:\n x = 1.\n revision = 'a'", ALC_SCAN_BINDING, 3},
        {"try:\n pass\nexcept E as revision: pass", ALC_SCAN_BINDING, 3},
        {"for revision in x: pass", ALC_SCAN_BINDING, 1},
        {"with x as (revision, y): pass", ALC_SCAN_BINDING, 1},
        {"match x:\n case revision: pass", ALC_SCAN_BINDING, 2},
        {"import a as revision", ALC_SCAN_BINDING, 1},
        {"from a import (revision)", ALC_SCAN_BINDING, 1},
        {"from . import revision", ALC_SCAN_BINDING, 1},
        {"import revision.a", ALC_SCAN_BINDING, 1},
        {"del revision", ALC_SCAN_BINDING, 1},
        {"revision += 'a'", ALC_SCAN_BINDING, 1},
        {"revision", ALC_SCAN_BINDING, 1},
        {"revision == 'a'", ALC_SCAN_BINDING, 1},
        {"x\n(revision) = 'a'", ALC_SCAN_BINDING, 2},
        {"revision, x = 'ab'", ALC_SCAN_BINDING, 1},
        {"x, revision = 'ab'", ALC_SCAN_BINDING, 1},
        {"x = revision = 'a'", ALC_SCAN_BINDING, 1},
        {"[revision := x for x in y]", ALC_SCAN_BINDING, 1},
        {"def f(x=(revision := 1)): pass", ALC_SCAN_BINDING, 1},
        {"def f(x=(revision\n:= 1)): pass", ALC_SCAN_BINDING, 1},
        {"class A(revision := x): pass", ALC_SCAN_BINDING, 1},
        {"def revision(): pass", ALC_SCAN_BINDING, 1},
        {"async  def revision(): pass", ALC_SCAN_BINDING, 1},
        {"def\\\n revision(): pass", ALC_SCAN_JOINING, 1},
        {"class depends_on: pass", ALC_SCAN_BINDING, 1},
        {"def __getattr__(n): pass", ALC_SCAN_BINDING, 1},
        {"@f(revision)\ndef g(): pass", ALC_SCAN_BINDING, 1},
        {"f'{revision}'", ALC_SCAN_BINDING, 1},
        {"f'{(revision:=1)}'", ALC_SCAN_BINDING, 1},
        {"__doc__ = 'a'", ALC_SCAN_BINDING, 1},
        {"A.revision = 1", ALC_SCAN_BINDING, 1},
        {"revision: str == 1 = 'a'", ALC_SCAN_BINDING, 1},
        {"revision: (revision := 1) = 'a'", ALC_SCAN_BINDING, 1},
        {"0or(revision:=1)", ALC_SCAN_BINDING, 1},
        {"class A: pass\nif 1:\n revision = 1", ALC_SCAN_BINDING, 3},
        /* values */
        {"revision = x", ALC_SCAN_VALUE, 1},
        {"revision = down_revision = None", ALC_SCAN_VALUE, 1},
        {"x = 1\nrevision = (\n'a'\n+ 'b')", ALC_SCAN_VALUE, 4},
        /* reaching the namespace */
        {"def f():\n global x, revision", ALC_SCAN_GLOBAL, 2},
        {"def f(): global \\\n revision", ALC_SCAN_GLOBAL, 1},
        {"global __doc__", ALC_SCAN_GLOBAL, 1},
        {"from a import *", ALC_SCAN_STAR, 1},
        {"from a import \\\n *", ALC_SCAN_STAR, 1},
        {"globals()['revision'] = 1", ALC_SCAN_REFLECTION, 1},
        {"def f():\n exec('x')", ALC_SCAN_REFLECTION, 2},
        {"x = vars", ALC_SCAN_REFLECTION, 1},
        {"sys.modules[__name__]", ALC_SCAN_REFLECTION, 1},
        {"from sys import modules as m", ALC_SCAN_REFLECTION, 1},
        {"f.__globals__", ALC_SCAN_REFLECTION, 1},
        {"import builtins", ALC_SCAN_REFLECTION, 1},
        {"f'{exec(1)}'", ALC_SCAN_REFLECTION, 1},
        {"from a import __getattr__", ALC_SCAN_REFLECTION, 1},
        /* what depends on the version, or is not understood */
        {"f'{\"}\"}'", ALC_SCAN_FSTRING, 1},
        {"f'{x", ALC_SCAN_FSTRING, 1},
        {"f'{x\n}'", ALC_SCAN_FSTRING, 1},
        {"f'{a\\b}'", ALC_SCAN_FSTRING, 1},
        {"f'''{a # }'''", ALC_SCAN_FSTRING, 1},
        {"f\"{''''''}\"", ALC_SCAN_FSTRING, 1},
        {"'a' + 'b'", ALC_SCAN_DOCSTRING, 1},
        {"('a', x)", ALC_SCAN_DOCSTRING, 1},
        {"f'a'", ALC_SCAN_DOCSTRING, 1},
        {"x = 1\n\\\nrevision = 1", ALC_SCAN_JOINING, 2},
        {"x = 1\n\xc3\xa9 = 1", ALC_SCAN_IDENTIFIER, 2},
        {"a\xc3\xa9 = 1", ALC_SCAN_IDENTIFIER, 1},
        {"\xef\xbd\x92"
         "evision = 1",
         ALC_SCAN_IDENTIFIER, 1},
        {"# coding: latin-1\n", ALC_SCAN_ENCODING, 1},
        {"\xEF\xBB\xBF# coding: ascii\n", ALC_SCAN_ENCODING, 1},
        {"\xEF\xBB\xBF# coding: utf8\n", ALC_SCAN_ENCODING, 1},
        {"\xEF\xBB\xBF# coding: utf-8\n", ALC_SCAN_OK, 0},
        {"#!x\n# vim: fileencoding=cp1252", ALC_SCAN_ENCODING, 1},
        {"# coding: ascii\n'\xc3\xa9'", ALC_SCAN_ENCODING, 1},
        {"x = 1\n# \xff", ALC_SCAN_ENCODING, 2},
        {"'\xed\xa0\x80'", ALC_SCAN_ENCODING, 1},
        {"'\xc3", ALC_SCAN_ENCODING, 1},
        {"'\xf4\x90\x80\x80'", ALC_SCAN_ENCODING, 1},
        /* certain syntax errors before the header is complete */
        {"x = (\n1", ALC_SCAN_SYNTAX, 1},
        {"x = 1)", ALC_SCAN_SYNTAX, 1},
        {"x = 'a\n'", ALC_SCAN_SYNTAX, 1},
        {"x = '''", ALC_SCAN_SYNTAX, 1},
        {"x = \\ \n1", ALC_SCAN_SYNTAX, 1},
        {"revision = 'a'\n)", ALC_SCAN_SYNTAX, 2},
        {"class (x): pass", ALC_SCAN_SYNTAX, 1},
        {"async def\n", ALC_SCAN_SYNTAX, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scanned s;

        case_name = cases[i].content;
        scan(&s, cases[i].content, strlen(cases[i].content));
        CHECK(s.scan.reason == cases[i].reason);
        CHECK(s.scan.line == cases[i].line);
        CHECK(s.scan.broken == (cases[i].reason == ALC_SCAN_SYNTAX));
        CHECK(strlen(alc_scan_reason_text(s.scan.reason)) > 5);
        unscan(&s);
    }
}

static void test_docstring(void)
{
    static const struct {
        const char *content;
        const char *doc; /* NULL: none */
    } cases[] = {
        {"'doc'", "doc"},
        {"# c\n\n'''d\no'c'''\nrevision = 'a'", "d\no'c"},
        {"\xEF\xBB\xBF'doc'", "doc"},
        {"'a' 'b'; x = 1", "ab"},
        {"('a'\n'b')", "ab"},
        {"r'\\d'", "\\d"},
        {"'''a\r\nb\rc'''", "a\nb\nc"},
        {"import x\n'doc'", NULL},
        {"x = 'doc'", NULL},
        {"'a',", NULL},
        {"()", NULL},
        {"def f(): 'doc'", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scanned s;

        case_name = cases[i].content;
        scan(&s, cases[i].content, strlen(cases[i].content));
        CHECK(s.scan.reason == ALC_SCAN_OK);
        CHECK(s.scan.has_doc == (cases[i].doc != NULL));
        CHECK(!cases[i].doc || strcmp(s.scan.doc.ptr, cases[i].doc) == 0);
        unscan(&s);
    }
}

static void test_clean_doc(void)
{
    static const struct {
        const char *doc;
        const char *clean;
    } cases[] = {
        {"", ""},
        {"a", "a"},
        {"  a\n    b\n      c\n\n  \n    ", "a\nb\n  c\n\n\n"},
        {"\n  a\n b", "\n a\nb"},
        {"a\n\tb\n\t  c", "a\nb\n  c"},
        {"\xc3\xa9\tx", "\xc3\xa9       x"},
        {"a\r\tb", "a\r        b"},
        {"   ", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena arena;
        struct alc_str clean, doc = {cases[i].doc, strlen(cases[i].doc)};

        alc_arena_init(&arena);
        CHECK(alc_scan_clean_doc(&clean, doc, &arena, NULL) == 0);
        CHECK(clean.len == strlen(cases[i].clean));
        CHECK(memcmp(clean.ptr, cases[i].clean, clean.len) == 0);
        alc_arena_release(&arena);
    }
}

static void test_last_one_wins(void)
{
    static const char content[] = "revision = 'a'\ndepends_on = ('x',)\n"
                                  "depends_on: str = None\nrevision = \"b\"";
    char text[64] = "";
    struct scanned s;

    scan(&s, content, sizeof content - 1);
    CHECK(s.scan.reason == ALC_SCAN_OK);
    for (int i = 0; i < ALC_SCAN_N_NAMES; i++) {
        put_value(text, sizeof text, &s.scan.values[i]);
    }
    CHECK(strcmp(text, "'b'--None") == 0);
    unscan(&s);
}

/* What may stand in front of a header: what Python surely compiles. */
static void test_plain(void)
{
    static const struct {
        const char *code;
        bool plain;
    } cases[] = {
        {"", true},
        {"pass", true},
        {"pass;", true},
        {"import a", true},
        {"import a.b as c, d # x", true},
        {"from a.b import c as d, e", true},
        {"from . import a", true},
        {"from ..a import (b as c,\n d, # x\n)", true},
        {"from __future__ import annotations", true},
        {"'doc'; from __future__ import annotations", true},
        {"'doc'\nfrom __future__ import (annotations)\nimport a", true},
        {"x = 1", true},
        {"x: int | None = 1, 'a'", true},
        {"log = logging.getLogger(__name__)", true},
        {"x = sa.JSON().with_variant(JSONB(none_as_null=True), 'postgresql')", true},
        {"x = {'a': [1, None], 'b': ()}; y = {'a', r'\\x'}", true},
        {"x = [\n 1, # (\n 2,\n]", true},
        {"x = not a and not b or -c ** +d is not ~e", true},
        {"x = a not in b < c", true},
        {"sys.path.insert(0, os.path.join('a', '..'))", true},
        {"x = ...", true},
        {"x[a, b].c", true},
        /* a conflict, and others that Python rejects */
        {"import", false},
        {"import a.", false},
        {"import a as", false},
        {"import a b", false},
        {"import a as if", false},
        {"from a import", false},
        {"from a import b,", false},
        {"from a import ()", false},
        {"from a import (,)", false},
        {"from import a", false},
        {"from __future__ import nonsense", false},
        {"import a; from __future__ import annotations", false},
        {"(); from __future__ import annotations", false},
        {"None = 1", false},
        {"__debug__ = 1", false},
        {"x = = 1", false},
        {"x =", false},
        {"x = 1 2", false},
        {"x = 007", false},
        {"x = 1a", false},
        {"x = 'a' not 'b'", false},
        {"x = 1 + not 2", false},
        {"x = a.if", false},
        {"x = '\\x4'", false},
        {"f(a=1, a=2)", false},
        {"f(a=1, b)", false},
        {"f(a b)", false},
        {"x = {'a': 1, 'b'}", false},
        {"x = {'a', 'b': 1}", false},
        {"x[]", false},
        {"x = (,)", false},
        {"print 'a'", false},
        {"<", false},
        {";", false},
        {"x;;y", false},
        {" x = 1", false},
        {"x + 1 = 2", false},
        /* may be right, but this is not known */
        {"x = [y for y in z]", false},
        {"if x: pass", false},
        {"def f(): pass", false},
        {"@f\nclass A: pass", false},
        {"x = lambda: 1", false},
        {"x += 1", false},
        {"x = 1.5", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char content[256];
        struct scanned s;

        case_name = cases[i].code;
        snprintf(content, sizeof content, "%s\nrevision = 'a'", cases[i].code);
        scan(&s, content, strlen(content));
        CHECK((s.scan.reason == ALC_SCAN_OK) == cases[i].plain);
        unscan(&s);
        /* Behind the header it does not matter, unless it is certain. */
        snprintf(content, sizeof content, "revision = 'a'\n%s", cases[i].code);
        scan(&s, content, strlen(content));
        CHECK(s.scan.reason == ALC_SCAN_OK);
        unscan(&s);
    }
}

/* The marks that a merge with conflicts leaves make a file inexact, wherever they are.
 */
static void test_conflicts(void)
{
    static const char header[] = "revision = 'a'\ndown_revision = None\n";
    static const struct {
        const char *before;
        const char *after;
        uint32_t line; /* of the mark; 0: it is none */
    } cases[] = {
        {"", "\nrevision = 'b'\n", 1},
        {"import x\n", "", 2},
        {header, "", 3},
        {header, "\n", 3},
        {header, " HEAD\nx = 1\n", 3},
        {"revision = 'a'\ndown_revision = None\ndef upgrade():\n    pass\n", " b\n", 5},
        {"revision = 'a'\ndown_revision = None\ndef upgrade():\n    f(\n", " b\n)", 5},
        {header, "x\n", 0},
        {"revision = 'a'\ndown_revision = None\nx = '''\n", "\n'''", 0},
        {"revision = 'a'\ndown_revision = None\n#", "\n", 0},
    };
    static const char *const marks[] = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
            char content[256];
            struct scanned s;
            bool found;

            case_name = cases[i].before;
            snprintf(content, sizeof content, "%s%s%s", cases[i].before, marks[m],
                     cases[i].after);
            scan(&s, content, strlen(content));
            found = s.scan.reason == ALC_SCAN_SYNTAX && s.scan.broken;
            CHECK(found == (cases[i].line != 0));
            CHECK(!found || s.scan.line == cases[i].line);
            unscan(&s);
        }
    }
}

static enum alc_scan_reason scan_rest(const char *before, const char *rest);

/* No quick look passes over a mark, at whatever distance from the header. */
static void test_marks_are_found(void)
{
    static const char filler[] = "----------------------------------------";
    enum { FAR = 20 };

    for (int before = 0; before < FAR; before++) {
        for (int after = 0; after < FAR; after++) {
            char rest[128];
            snprintf(rest, sizeof rest, "#%.*s\n<<<<<<< %.*s", before, filler, after,
                     filler);
            CHECK(scan_rest("", rest) == ALC_SCAN_SYNTAX);
        }
    }
}

/* What Python rejects is not exact, as far as a file is looked at. */
static void test_broken(void)
{
    static const struct {
        const char *content;
        uint32_t line;
    } cases[] = {
        {"revision = 'a'\ndown_revision = None\ndef upgrade(:\n  x # revision\n", 3},
        {"revision = 'a'\ndown_revision = None\nbranch_labels = ('b'", 3},
        {"revision = 'a'\ndown_revision = None\ndepends_on = 'b\n'", 3},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scanned s;

        case_name = cases[i].content;
        scan(&s, cases[i].content, strlen(cases[i].content));
        CHECK(s.scan.reason != ALC_SCAN_OK && s.scan.line == cases[i].line);
        unscan(&s);
    }
}

/* What a complete header and something behind it are. */
static enum alc_scan_reason scan_rest(const char *before, const char *rest)
{
    char content[512];
    struct scanned s;
    enum alc_scan_reason reason;
    int len = snprintf(content, sizeof content,
                       "revision = 'a'\ndown_revision = None\n%s%s", before, rest);

    CHECK(len > 0 && (size_t)len < sizeof content);
    scan(&s, content, (size_t)len);
    reason = s.scan.reason;
    unscan(&s);
    return reason;
}

/* What can matter is found behind the header too, wherever it stands there. */
static void test_rest(void)
{
    static const struct {
        const char *rest;
        enum alc_scan_reason reason;
    } cases[] = {
        {"revision = x", ALC_SCAN_VALUE},
        {"down_revision += 'a'", ALC_SCAN_BINDING},
        {"del branch_labels", ALC_SCAN_BINDING},
        {"for depends_on in x: pass", ALC_SCAN_BINDING},
        {"__doc__ = x", ALC_SCAN_BINDING},
        {"def f():\n global revision", ALC_SCAN_GLOBAL},
        {"from x import *", ALC_SCAN_STAR},
        {"from x import\t*", ALC_SCAN_STAR},
        {"from x import \\\n *", ALC_SCAN_STAR},
        {"exec(x)", ALC_SCAN_REFLECTION},
        {"eval(x)", ALC_SCAN_REFLECTION},
        {"vars()", ALC_SCAN_REFLECTION},
        {"locals()", ALC_SCAN_REFLECTION},
        {"globals()", ALC_SCAN_REFLECTION},
        {"setattr(x, y, z)", ALC_SCAN_REFLECTION},
        {"delattr(x, y)", ALC_SCAN_REFLECTION},
        {"getattr(x, '__globals__')['revision'] = y", ALC_SCAN_REFLECTION},
        {"x.modules", ALC_SCAN_REFLECTION},
        {"builtins.x()", ALC_SCAN_REFLECTION},
        {"x = __builtins__", ALC_SCAN_REFLECTION},
        {"x.__dict__", ALC_SCAN_REFLECTION},
        {"x.f_locals", ALC_SCAN_REFLECTION},
        {"x.f_globals", ALC_SCAN_REFLECTION},
        {"x.__globals__", ALC_SCAN_REFLECTION},
        {"__import__('x')", ALC_SCAN_REFLECTION},
        {"import_module('x')", ALC_SCAN_REFLECTION},
        {"x.__setattr__(y, z)", ALC_SCAN_REFLECTION},
        {"x.__delattr__(y)", ALC_SCAN_REFLECTION},
        {"from x import __getattr__", ALC_SCAN_REFLECTION},
        {"def __getattr__(n): pass", ALC_SCAN_BINDING},
        {"f'{revision}'", ALC_SCAN_BINDING},
        {"\xef\xbd\x92"
         "evision = 1",
         ALC_SCAN_IDENTIFIER},
        {"x\xc3\xa9", ALC_SCAN_IDENTIFIER},
        {"def upgrade(): op.execute('x'); interval(canvas, mydict, gettattr)",
         ALC_SCAN_OK},
        {"import x # *", ALC_SCAN_OK},
        {"x = 'revision'", ALC_SCAN_OK},
        {"def f(): x = '''\xc3\xa9'''", ALC_SCAN_OK},
        {"x.execute('''eval''') # vars", ALC_SCAN_OK},
    };
    /* Different distances, and names that are none right before. */
    static const char *const before[] = {"",         "#\n",         "#x\n",
                                         "#xy\n",    "#xyz\n",      "x = 'revision'\n",
                                         "#exec_\n", "import os\n", "f(\n)\n"};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t b = 0; b < sizeof before / sizeof *before; b++) {
            case_name = cases[i].rest;
            CHECK(scan_rest(before[b], cases[i].rest) == cases[i].reason);
        }
    }
}

/* Is what follows a complete header lexed?  Its first line is no Python. */
static bool is_lexed(const char *rest)
{
    char content[512];
    struct scanned s;
    int len = snprintf(content, sizeof content,
                       "revision = 'a'\ndown_revision = None\n) %s", rest);

    CHECK(len > 0 && (size_t)len < sizeof content);
    scan(&s, content, (size_t)len);
    bool lexed = s.scan.broken;
    unscan(&s);
    return lexed;
}

/* No quick look passes over a name, at whatever distance from the header. */
static void test_names_are_found(void)
{
    static const char filler[] = "----------------------------------------";
    enum { FAR = 20 };

    for (size_t i = 0; i < scan_n_role_names; i++) {
        const struct scan_role_name *name = &scan_role_names[i];
        const char *star = name->role == ROLE_IMPORT ? " *" : "";
        case_name = name->text;
        for (int before = 0; before < FAR; before++) {
            for (int after = 0; after < FAR; after++) {
                char rest[128];
                snprintf(rest, sizeof rest, "#%.*s%s%s%.*s", before, filler, name->text,
                         star, after, filler);
                CHECK(is_lexed(rest));
            }
        }
    }
    case_name = "none";
    CHECK(!is_lexed(filler));
}

/* Nor does the lexer. */
static void test_names_are_lexed(void)
{
    static const char *const harmful[] = {
        [ROLE_HEADER] = "%s += 1",
        [ROLE_MODULE] = "from x import %s",
        [ROLE_REFLECT] = "x.%s",
        [ROLE_BUILTIN] = "%s()",
        [ROLE_MODULES] = "x.%s",
        [ROLE_IMPORT] = "from x %s *",
        [ROLE_GLOBAL] = "def f():\n %s revision",
    };

    for (size_t i = 0; i < scan_n_role_names; i++) {
        const struct scan_role_name *name = &scan_role_names[i];
        const char *form = harmful[name->role];
        size_t at = (size_t)(strstr(form, "%s") - form);
        char rest[64];
        snprintf(rest, sizeof rest, "%.*s%s%s", (int)at, form, name->text,
                 form + at + strlen("%s"));
        case_name = name->text;
        CHECK(scan_rest("", rest) != ALC_SCAN_OK);
    }
}

/* Where nothing can matter, nothing is looked at. */
static void test_harmless_rest(void)
{
    CHECK(scan_rest("", "def upgrade(:") == ALC_SCAN_OK);
    CHECK(scan_rest("", "f'{x") == ALC_SCAN_OK);
    CHECK(scan_rest("# revision\n", "f'{x") == ALC_SCAN_OK);
    CHECK(scan_rest("", "f'{x # revision") == ALC_SCAN_FSTRING);
    CHECK(scan_rest("", "f'{x # \xc3\xa9") == ALC_SCAN_FSTRING);
}

static void test_nul(void)
{
    static const char content[] = "revision = 'a'\n\0down_revision = 'b'";
    struct scanned s;

    scan(&s, content, sizeof content - 1);
    CHECK(s.scan.reason == ALC_SCAN_NUL && s.scan.line == 2);
    unscan(&s);
}

/* n times `piece`, NUL-terminated; the caller frees it. */
static char *repeat(const char *piece, size_t n)
{
    size_t len = strlen(piece);
    char *text = malloc(n * len + 1);

    CHECK(text != NULL);
    for (size_t i = 0; i < n; i++) {
        memcpy(text + i * len, piece, len);
    }
    text[n * len] = '\0';
    return text;
}

static void check_repeated(const char *head, const char *piece, size_t n,
                           enum alc_scan_reason reason)
{
    char *tail = repeat(piece, n);
    size_t len = strlen(head) + n * strlen(piece);
    char *content = malloc(len + 1);
    struct scanned s;

    case_name = head;
    CHECK(content != NULL);
    memcpy(content, head, strlen(head));
    memcpy(content + strlen(head), tail, n * strlen(piece) + 1);
    scan(&s, content, len);
    CHECK(s.scan.reason == reason);
    unscan(&s);
    free(content);
    free(tail);
}

static void test_hostile(void)
{
    enum { DEEP = 100000, LARGE = 1000000 };

    check_repeated("revision = ", "(", DEEP, ALC_SCAN_NESTING);
    check_repeated("revision = ", "[", ALC_SCAN_MAX_DEPTH, ALC_SCAN_VALUE);
    check_repeated("x = ", "(", DEEP, ALC_SCAN_SYNTAX);
    check_repeated("x = f'", "{", DEEP, ALC_SCAN_FSTRING);
    check_repeated("x = f'''", "{{", DEEP, ALC_SCAN_FSTRING);
    check_repeated("revision = ", "'a' ", LARGE, ALC_SCAN_OK);
    check_repeated("revision = (", "'a',", LARGE, ALC_SCAN_VALUE);
    check_repeated("x = 1\n", " ", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1\n", "\t", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1\n", "#\n", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1\n", "if 1:\n", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1", "\\\n", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1", "\r", LARGE, ALC_SCAN_OK);
    check_repeated("x = a", ".a", LARGE, ALC_SCAN_OK);
    check_repeated("x = 1", "+1", LARGE, ALC_SCAN_OK);
    check_repeated("x = ", "-", LARGE, ALC_SCAN_OK);
    check_repeated("x = ", "not ", LARGE, ALC_SCAN_OK);
    check_repeated("x = ", "1,", LARGE, ALC_SCAN_OK);
    check_repeated("x = ", "'a' ", LARGE, ALC_SCAN_OK);
    check_repeated("import a", ",a", LARGE, ALC_SCAN_OK);
    check_repeated("revision = 'a'\ndown_revision = None\n", "<<<<<<<", LARGE,
                   ALC_SCAN_OK);
    check_repeated("revision = 'a'\ndown_revision = None\n", "=======\n", LARGE,
                   ALC_SCAN_SYNTAX);
    check_repeated("revision = 'a'\ndown_revision = None\nx = '", "ca", LARGE,
                   ALC_SCAN_OK);
}

static int scan_all_shapes(void *arg)
{
    static const char content[] =
        "'''doc\n\ttabs'''\r\n"
        "revision = 'a' \"\\x41\"\ndown_revision = ('a', ['b', {'c', ('d',)}],)\n"
        "branch_labels = [[['x'], 'y'], '1','2','3','4','5','6','7','8','9','0']\n"
        "def upgrade():\n    op.execute('x')\n";
    struct alc_arena arena;
    struct alc_scan_scratch scratch;
    struct alc_scan result;
    struct alc_str clean;
    struct alc_error err;
    int rc;

    (void)arg;
    alc_arena_init(&arena);
    alc_scan_scratch_init(&scratch);
    rc = alc_scan_text(&result, content, sizeof content - 1, &arena, &scratch, &err);
    if (rc == 0) {
        CHECK(result.reason == ALC_SCAN_OK);
        rc = alc_scan_clean_doc(&clean, result.doc, &arena, &err);
    }
    alc_scan_scratch_release(&scratch);
    alc_arena_release(&arena);
    return rc;
}

static void test_out_of_memory(void)
{
    check_out_of_memory(scan_all_shapes, NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"values", test_values},
        {"rule", test_rule},
        {"plain", test_plain},
        {"conflicts", test_conflicts},
        {"marks are found", test_marks_are_found},
        {"docstring", test_docstring},
        {"clean docstring", test_clean_doc},
        {"last one wins", test_last_one_wins},
        {"broken", test_broken},
        {"rest", test_rest},
        {"names are found", test_names_are_found},
        {"names are lexed", test_names_are_lexed},
        {"harmless rest", test_harmless_rest},
        {"NUL", test_nul},
        {"hostile", test_hostile},
        {"out of memory", test_out_of_memory},
    };

    return RUN_TESTS(cases);
}
