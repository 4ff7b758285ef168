"""What to look at, how to compare types and how to write them."""

import sqlalchemy as sa
from recipe import autogenerate, connect


class Password(sa.TypeDecorator):
    impl = sa.String(60)
    cache_ok = True


class Money(sa.types.UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **kw):
        return "NUMERIC(10, 2)"


database = sa.MetaData()
sa.Table("only_here", database, sa.Column("id", sa.Integer, primary_key=True))
sa.Table(
    "both",
    database,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("changed", sa.String(10)),
    sa.Column("skipped", sa.String(10)),
    sa.Column("gone", sa.Integer, index=True),
    sa.UniqueConstraint("changed", name="uq_gone"),
)
model = sa.MetaData()
sa.Table(
    "both",
    model,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("changed", sa.Integer),
    sa.Column("skipped", sa.Date, info={"skip_autogenerate": True}),
    sa.Column("password", Password()),
    sa.Column("money", Money()),
    sa.Column("new", sa.Integer, index=True, info={"skip_autogenerate": True}),
)
sa.Table(
    "a_view",
    model,
    sa.Column("id", sa.Integer, primary_key=True),
    info={"is_view": True},
)
other = sa.MetaData()
sa.Table("elsewhere", other, sa.Column("id", sa.Integer, primary_key=True))


asked = []
"""Names, in the order in which the database lists them."""


def in_model(name, type_, parent_names):
    asked.append(f"{type_} {name} {sorted(parent_names.items(), key=str)}")
    if type_ == "table":
        return parent_names["schema_qualified_table_name"] in model.tables
    return True


def default_schema(name, type_, parent_names):
    return name in (None,) if type_ == "schema" else True


def no_drops(object, name, type_, reflected, compare_to):
    return not (type_ == "table" and reflected and compare_to is None)


def no_views(object, name, type_, reflected, compare_to):
    print("object?", name, type_, reflected, getattr(compare_to, "name", None))
    return not object.info.get("is_view", False)


def not_skipped(object, name, type_, reflected, compare_to):
    return not (
        type_ == "column"
        and not reflected
        and object.info.get("skip_autogenerate", False)
    )


def dates_only(context, inspected, metadata, found, wanted):
    print("type?", inspected.name, found, type(wanted).__name__)
    return isinstance(wanted, sa.Date)


def undecided(context, inspected, metadata, found, wanted):
    return None


def render(type_, thing, autogen_context):
    if type_ == "type" and isinstance(thing, Password):
        autogen_context.imports.add("from mymodel import types")
        return "types.Password()"
    if type_ == "index":
        return None
    return False


CASES = [
    {},
    {"include_name": in_model},
    {"include_name": in_model, "include_schemas": True},
    {"include_name": default_schema, "include_schemas": True},
    {"include_object": no_drops},
    {"include_object": no_views},
    {"include_object": not_skipped},
    {"include_object": no_drops, "include_name": default_schema},
    {"compare_type": False},
    {"compare_type": dates_only},
    {"compare_type": undecided},
    {"render_item": render},
    {"render_item": render, "render_as_batch": True},
    {"user_module_prefix": "mytypes."},
    {"sqlalchemy_module_prefix": "sqla.", "alembic_module_prefix": "alembic.op."},
    {"autogenerate_plugins": ["alembic.autogenerate.*"]},
    {
        "autogenerate_plugins": [
            "alembic.autogenerate.*",
            "~alembic.autogenerate.comments",
            "~alembic.autogenerate.types",
        ]
    },
    {"autogenerate_plugins": ["alembic.autogenerate.schemas"]},
    {"autogenerate_plugins": []},
    {"autogenerate_plugins": ["~alembic.autogenerate.tables"]},
    {"autogenerate_plugins": ["nothing.of.the.kind"]},
]
with connect() as connection:
    database.create_all(connection)
    for case in CASES:
        print("---", {name: getattr(v, "__name__", v) for name, v in case.items()})
        for metadata in (model, [model, other]):
            try:
                autogenerate(connection, metadata, **case)
            except Exception as error:  # noqa: BLE001 - it is what is shown
                print(type(error).__name__, error)
            print("asked about", *sorted(asked), sep="\n")
            asked.clear()
