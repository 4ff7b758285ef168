"""Types that are not SQLAlchemy's: their text runs, with the imports written for it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlmodel import AutoString

from alembic_c.autogenerate import render
from alembic_c.autogenerate.api import AutogenContext
from alembic_c.runtime.migration import MigrationContext
from alembic_c.util import CommandError

SOURCE = '''
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, UserDefinedType

class Vector(UserDefinedType):
    """As pgvector's."""
    def __init__(self, dim=None):
        self.dim = dim
    def get_col_spec(self, **kw):
        return f"VECTOR({self.dim})"

class Geometry(UserDefinedType):
    """As GeoAlchemy2's."""
    def __init__(self, geometry_type="GEOMETRY", srid=-1):
        self.geometry_type, self.srid = geometry_type, srid
    def get_col_spec(self, **kw):
        return f"geometry({self.geometry_type},{self.srid})"

class Outer:
    class Inner:
        class Text(TypeDecorator):
            impl = sa.String
            cache_ok = True

class Password(TypeDecorator):
    """Its repr() has the arguments of String."""
    impl = sa.String
    cache_ok = True
    def __init__(self, rounds=10):
        super().__init__(60)
        self.rounds = rounds

class Status(TypeDecorator):
    impl = sa.Enum
    cache_ok = True
    def __init__(self):
        super().__init__("on", "off", name="status")

class Items(postgresql.ARRAY):
    pass

class Spelled(UserDefinedType):
    def __repr__(self):
        return "its.module.Spelled()"
    def get_col_spec(self, **kw):
        return "SPELLED"
Spelled.__module__ = "its.module"

class Secret(TypeDecorator):
    impl = sa.String
    cache_ok = True
    def __init__(self, key):
        super().__init__(len(key))

class Opaque(UserDefinedType):
    def __repr__(self):
        return "<opaque>"
    def get_col_spec(self, **kw):
        return "OPAQUE"

def local():
    class Local(UserDefinedType):
        def get_col_spec(self, **kw):
            return "LOCAL"
    return Local()
'''


@pytest.fixture(scope="module")
def types() -> Iterator[Any]:
    """Yield a module of an application, which a revision file can import."""
    module = ModuleType("its.module")
    parent = ModuleType("its")
    parent.module = module  # type: ignore[attr-defined]
    sys.modules["its"], sys.modules["its.module"] = parent, module
    exec(SOURCE, vars(module))
    yield module
    del sys.modules["its"], sys.modules["its.module"]


def rendered(type_: Any, **opts: Any) -> tuple[str, AutogenContext]:
    context = MigrationContext.configure(dialect_name="postgresql")
    opts = {"sqlalchemy_module_prefix": "sa.", **opts}
    autogen_context = AutogenContext(context, opts=opts, autogenerate=False)
    return render._repr_type(type_, autogen_context), autogen_context


WORK = {
    "Vector(3)": "its.module.Vector(dim=3)",
    "Geometry('POINT', 4326)": "its.module.Geometry(geometry_type='POINT', srid=4326)",
    "Outer.Inner.Text(5)": "its.module.Outer.Inner.Text(length=5)",
    "Password(12)": "its.module.Password(rounds=12)",
    "Password()": "its.module.Password()",
    "Status()": "its.module.Status()",
    "Items(sa.String(5))": "its.module.Items(sa.String(length=5))",
    "Spelled()": "its.module.Spelled()",
    "postgresql.ARRAY(Vector(3))": "postgresql.ARRAY(its.module.Vector(dim=3))",
    "sa.ARRAY(Outer.Inner.Text(5))": "sa.ARRAY(its.module.Outer.Inner.Text(length=5))",
    "sa.String().with_variant(Vector(3), 'postgresql')": (
        "sa.String().with_variant(its.module.Vector(dim=3), 'postgresql')"
    ),
    "Vector(3).with_variant(sa.JSON(), 'sqlite')": (
        "its.module.Vector(dim=3).with_variant(sa.JSON(), 'sqlite')"
    ),
}


@pytest.mark.parametrize("made", WORK)
def test_the_text_makes_the_type(types: Any, made: str) -> None:
    type_ = eval(made, vars(types) | {"sa": sa, "postgresql": postgresql})
    text, context = rendered(type_)
    assert text == WORK[made]
    assert context._not_named == {}
    assert "import its.module" in context.imports
    names: dict[str, Any] = {"sa": sa}
    exec("\n".join(context.imports), names)
    again = eval(text, names)
    dialect = sa.make_url("postgresql://").get_dialect()()
    assert again.compile(dialect=dialect) == type_.compile(dialect=dialect)


def test_sqlmodel() -> None:
    text, context = rendered(AutoString(5))
    assert text == "sqlmodel.sql.sqltypes.AutoString(length=5)"
    assert context.imports == {"import sqlmodel.sql.sqltypes"}


def test_a_prefix_of_the_users(types: Any) -> None:
    text, context = rendered(types.Outer.Inner.Text(5), user_module_prefix="own.")
    assert text == "own.Outer.Inner.Text(length=5)"
    assert context.imports == set()


def test_render_item_comes_first(types: Any) -> None:
    text, context = rendered(
        types.local(), render_item=lambda kind, item, autogen: "x.Local()"
    )
    assert text == "x.Local()"
    assert context.imports == set()
    assert context._not_named == {}


FAIL = {
    "local()": "Can't write the type its.module.local.<locals>.Local: it is defined "
    "inside local(), where a revision file cannot get at it. Move it to the top level",
    "Secret('k')": "Can't write the type its.module.Secret: its repr() is not how it "
    "is made. Give the class a __repr__()",
    "Opaque()": "Can't write the type its.module.Opaque: its repr() is no Python "
    "expression: <opaque>. Give the class a __repr__()",
}


@pytest.mark.parametrize("made", FAIL)
def test_what_has_no_name_is_an_error_of_the_file(types: Any, made: str) -> None:
    text, context = rendered(eval(made, vars(types)))
    assert isinstance(text, str)
    (reason,) = context._not_named.values()
    assert reason.startswith(FAIL[made])
    with pytest.raises(CommandError, match="Can't write the type"):
        render._render_python_into_templatevars(context, _empty_script(), {})


def _empty_script() -> Any:
    from alembic_c.operations import ops

    return ops.MigrationScript(None, ops.UpgradeOps(), ops.DowngradeOps())


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("__main__", "in the program that was started"),
        ("not_there", "there is no module not_there"),
        ("not.there", "there is no module not.there"),
        ("its.module", "the module its.module has no Made"),
    ],
)
def test_modules_that_cannot_be_imported(types: Any, module: str, reason: str) -> None:
    made = type("Made", (types.Vector,), {"__module__": module})
    _, context = rendered(made())
    assert reason in next(iter(context._not_named.values()))


@pytest.mark.parametrize("dialect", ["sqlite", "mysql", "postgresql"])
def test_types_within_types_of_another_dialect(dialect: str) -> None:
    context = AutogenContext(
        MigrationContext.configure(dialect_name=dialect),
        opts={"sqlalchemy_module_prefix": "sa."},
        autogenerate=False,
    )
    texts: dict[str, Any] = {
        "postgresql.JSONB(astext_type=sa.Text())": postgresql.JSONB(),
        "postgresql.HSTORE(text_type=sa.Text())": postgresql.HSTORE(),
        "postgresql.ARRAY(sa.String(length=5))": postgresql.ARRAY(sa.String(5)),
    }
    for text, type_ in texts.items():
        assert render._repr_type(type_, context) == text
        variant = render._repr_type(
            sa.JSON().with_variant(type_, "postgresql"), context
        )
        assert variant == f"sa.JSON().with_variant({text}, 'postgresql')"
