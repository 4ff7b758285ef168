"""Models, and base classes of tests that compare a model with the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Literal, overload

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    inspect,
    text,
)
from sqlalchemy.schema import SchemaItem
from sqlalchemy.sql.naming import conv

from ... import autogenerate, util
from ...autogenerate import api
from ...ddl.base import _fk_spec
from ...migration import MigrationContext
from ...operations import ops
from .._sqla import config, identifier_limit
from ..assertions import eq_
from ..env import clear_staging_env, staging_env

# --- what a comparison looks at ----------------------------------------------------

# The database may have other tables; those that a test never mentioned are left alone.
names_in_this_test: set[Any] = set()


@event.listens_for(Table, "after_parent_attach")
def new_table(table: Table, parent: Any) -> None:
    """Note the name of a table."""
    names_in_this_test.add(table.name)


def _default_include_object(
    obj: Any, name: str | None, type_: str, reflected: bool, compare_to: Any
) -> bool:
    return type_ != "table" or name in names_in_this_test


_default_object_filters: Any = _default_include_object

_default_name_filters: Any = None

# --- models ------------------------------------------------------------------------


def _schema(tables: dict[str, Sequence[SchemaItem]], **options: Any) -> MetaData:
    """Return a MetaData with these tables; options are those of MetaData."""
    metadata = MetaData(**options)
    for name, items in tables.items():
        Table(name, metadata, *items)
    return metadata


def _id() -> Column[Any]:
    return Column("id", Integer, primary_key=True)


def _integers(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer) for name in names]


class ModelOne:
    """A database and a model with a difference of each common kind.

    schema: the schema that both are in, None for the default one.
    """

    __requires__: tuple[str, ...] = ("unique_constraint_reflection",)

    schema: Any = None

    @classmethod
    def _get_db_schema(cls) -> MetaData:
        amount = Column(
            "amount", Numeric(8, 2), nullable=False, server_default=text("0")
        )
        return _schema(
            {
                "user": [
                    _id(),
                    Column("name", String(50)),
                    Column("a1", Text),
                    Column("pw", String(50)),
                    Index("pw_idx", "pw"),
                ],
                "address": [
                    _id(),
                    Column("email_address", String(100), nullable=False),
                ],
                "order": [
                    Column("order_id", Integer, primary_key=True),
                    amount,
                    CheckConstraint("amount >= 0", name="ck_order_amount"),
                ],
                "extra": [
                    Column("x", CHAR),
                    Column("uid", Integer, ForeignKey("user.id")),
                ],
            },
            schema=cls.schema,
        )

    @classmethod
    def _get_model_schema(cls) -> MetaData:
        amount = Column(
            "amount", Numeric(10, 2), nullable=True, server_default=text("0")
        )
        return _schema(
            {
                "user": [
                    _id(),
                    Column("name", String(50), nullable=False),
                    Column("a1", Text, server_default="x"),
                ],
                "address": [
                    _id(),
                    Column("email_address", String(100), nullable=False),
                    Column("street", String(50)),
                    UniqueConstraint("email_address", name="uq_email"),
                ],
                "order": [
                    Column("order_id", Integer, primary_key=True),
                    amount,
                    Column("user_id", Integer, ForeignKey("user.id")),
                    CheckConstraint("amount > -1", name="ck_order_amount"),
                ],
                "item": [
                    _id(),
                    Column("description", String(100)),
                    Column("order_id", Integer, ForeignKey("order.order_id")),
                    CheckConstraint("len(description) > 5"),
                ],
            },
            schema=cls.schema,
        )


class NamingConvModel:
    """A database whose constraints have names that no naming convention gave them.

    As if the database had made them up; each has to be rendered as `op.f()`.
    """

    __requires__: tuple[str, ...] = ("unique_constraint_reflection",)
    configure_opts: ClassVar[dict[Any, Any]] = {"conv_all_constraint_names": True}
    naming_convention: ClassVar[dict[str, str]] = {
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(constraint_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }

    @classmethod
    def _get_db_schema(cls) -> MetaData:
        return _schema(
            {
                "x1": [
                    *_integers("q"),
                    Index("db_x1_index_q", "q"),
                    PrimaryKeyConstraint("q", name="db_x1_primary_q"),
                ],
                "x2": [
                    *_integers("q"),
                    Column("p", ForeignKey("x1.q", name="db_x2_foreign_q")),
                    CheckConstraint("q > 5", name="db_x2_check_q"),
                ],
                "x3": [
                    *_integers("q", "r", "s"),
                    UniqueConstraint("q", name="db_x3_unique_q"),
                ],
                "x4": [
                    *_integers("q"),
                    PrimaryKeyConstraint("q", name="db_x4_primary_q"),
                ],
                "x5": [
                    *_integers("q"),
                    Column("p", ForeignKey("x4.q", name="db_x5_foreign_q")),
                    *_integers("r", "s"),
                    PrimaryKeyConstraint("q", name="db_x5_primary_q"),
                    UniqueConstraint("r", name="db_x5_unique_r"),
                    CheckConstraint("s > 5", name="db_x5_check_s"),
                ],
                # SQLite is the one database where constraints can be without a name.
                "unnamed_sqlite": [
                    *_integers("q", "r"),
                    PrimaryKeyConstraint("q"),
                    UniqueConstraint("r"),
                ],
            }
        )

    @classmethod
    def _get_model_schema(cls) -> MetaData:
        def key() -> Column[Any]:
            return Column("q", Integer, primary_key=True)

        return _schema(
            {
                "x1": [key(), Index(None, "q")],
                "x2": [
                    *_integers("q"),
                    Column("p", ForeignKey("x1.q")),
                    CheckConstraint("q > 5", name="token_x2check1"),
                ],
                "x3": [
                    *_integers("q", "r", "s"),
                    UniqueConstraint("r", name="token_x3r"),
                    UniqueConstraint("s", name=conv("userdef_x3_unique_s")),
                ],
                "x4": [key(), Index("userdef_x4_idx_q", "q")],
                "x6": [
                    key(),
                    Column("p", ForeignKey("x4.q")),
                    *_integers("r", "s"),
                    UniqueConstraint("r", name="token_x6r"),
                    CheckConstraint("s > 5", "token_x6check1"),
                    CheckConstraint("s < 20", conv("userdef_x6_check_s")),
                ],
            },
            naming_convention=cls.naming_convention,
        )


# --- base classes ------------------------------------------------------------------

# The order of what `_fk_spec` returns.
_FK_FIELDS = (
    "source_schema",
    "source_table",
    "source_columns",
    "target_schema",
    "target_table",
    "target_columns",
    "onupdate",
    "ondelete",
    "deferrable",
    "initially",
)


class _ComparesFKs:
    bind: Any

    def _assert_fk_diff(
        self,
        diff: Any,
        type_: str,
        source_table: str,
        source_columns: list[str],
        target_table: str,
        target_columns: list[str],
        name: str | None = None,
        conditional_name: str | None = None,
        source_schema: str | None = None,
        onupdate: Any = None,
        ondelete: Any = None,
        initially: Any = None,
        deferrable: Any = None,
    ) -> None:
        """Claim that a difference is this foreign key, added or removed.

        diff: `(type_, constraint)`.
        name: that of the constraint, None if it has none.
        conditional_name: the name instead; "servergenerated" is the one that the
            database gave the table's first foreign key.
        """
        kind, constraint = diff
        eq_(kind, type_)
        # Columns by name: the specification has their keys.
        targets = [element.column.name for element in constraint.elements]
        found = dict(zip(_FK_FIELDS, _fk_spec(constraint), strict=True))
        found |= {"target_columns": targets, "name": constraint.name}
        del found["target_schema"]
        expected = {
            "source_schema": source_schema,
            "source_table": source_table,
            "source_columns": source_columns,
            "target_table": target_table,
            "target_columns": target_columns,
            "onupdate": onupdate,
            "ondelete": ondelete,
            "deferrable": deferrable,
            "initially": initially,
            "name": name if conditional_name is None else conditional_name,
        }
        if conditional_name == "servergenerated":
            reflected = inspect(self.bind).get_foreign_keys(source_table)
            expected["name"] = reflected[0]["name"]
        eq_(found, expected)


def _options(target: MetaData, **more: Any) -> dict[str, Any]:
    """Return what `context.configure()` is given for a comparison."""
    return {
        "target_metadata": target,
        "compare_type": True,
        "compare_server_default": True,
        "upgrade_token": "upgrades",
        "downgrade_token": "downgrades",
        "alembic_module_prefix": "op.",
        "sqlalchemy_module_prefix": "sa.",
        **more,
    }


class AutogenTest(_ComparesFKs):
    """Base of tests that compare one model with one database.

    A model class beside it, such as `ModelOne`, has `_get_db_schema` and
    `_get_model_schema`; the tables of the former exist for the whole class.
    `self.autogen_context` is new for each test.
    """

    configure_opts: dict[Any, Any] = {}

    # Not defined here: the model may come after this class among the bases.
    _get_db_schema: ClassVar[Callable[[], MetaData]]
    _get_model_schema: ClassVar[Callable[[], MetaData]]

    m1: ClassVar[MetaData]
    m2: ClassVar[MetaData]
    conn: Connection
    context: MigrationContext
    autogen_context: api.AutogenContext

    @classmethod
    def _get_bind(cls) -> Engine:
        engine: Engine = config.db
        return engine

    @classmethod
    def setup_class(cls) -> None:
        staging_env()
        cls.bind = cls._get_bind()
        cls.m1, cls.m2 = cls._get_db_schema(), cls._get_model_schema()
        cls.m1.create_all(cls.bind)

    @classmethod
    def teardown_class(cls) -> None:
        cls.m1.drop_all(cls.bind)
        clear_staging_env()

    def setUp(self) -> None:
        self.conn = self.bind.connect()
        filters = {
            "include_object": _default_object_filters,
            "include_name": _default_name_filters,
        }
        options = {**_options(self.m2, **filters), **self.configure_opts}
        self.context = MigrationContext.configure(connection=self.conn, opts=options)
        self.autogen_context = api.AutogenContext(self.context, self.m2)

    def tearDown(self) -> None:
        self.conn.close()

    def _flatten_diffs(self, diffs: Any) -> Iterator[Any]:
        """Yield the differences in lists of lists."""
        for diff in diffs:
            yield from self._flatten_diffs(diff) if isinstance(diff, list) else [diff]

    def _update_context(
        self,
        object_filters: Any = None,
        name_filters: Any = None,
        include_schemas: Any = None,
    ) -> api.AutogenContext:
        """Change what the test's comparison includes; None leaves it."""
        context = self.autogen_context
        if include_schemas is not None:
            context.opts["include_schemas"] = include_schemas
        if object_filters is not None:
            context._object_filters = [object_filters]
        if name_filters is not None:
            context._name_filters = [name_filters]
        return context


class AutogenFixtureTest(_ComparesFKs):
    """Base of tests that each bring a database and a model; see `_fixture`."""

    context: MigrationContext
    _alembic_metadata: Any

    @overload
    def _fixture(
        self,
        m1: MetaData | list[MetaData],
        m2: MetaData,
        include_schemas: bool = ...,
        opts: dict[str, Any] | None = ...,
        object_filters: Any = ...,
        name_filters: Any = ...,
        *,
        return_ops: Literal[True],
        max_identifier_length: int | None = ...,
    ) -> ops.UpgradeOps: ...

    @overload
    def _fixture(
        self,
        m1: MetaData | list[MetaData],
        m2: MetaData,
        include_schemas: bool = ...,
        opts: dict[str, Any] | None = ...,
        object_filters: Any = ...,
        name_filters: Any = ...,
        return_ops: Literal[False] = ...,
        max_identifier_length: int | None = ...,
    ) -> list[Any]: ...

    def _fixture(
        self,
        m1: MetaData | list[MetaData],
        m2: MetaData,
        include_schemas: bool = False,
        opts: dict[str, Any] | None = None,
        object_filters: Any = _default_object_filters,
        name_filters: Any = _default_name_filters,
        return_ops: bool = False,
        max_identifier_length: int | None = None,
    ) -> ops.UpgradeOps | list[Any]:
        """Create a database, compare a model with it, and return the differences.

        m1: the tables to create, in one MetaData or several; dropped after the test.
        m2: the model.
        opts: more options for `context.configure()`, which win over the others.
        return_ops: whether to return operations instead of tuples.
        max_identifier_length: the length of names that the dialect is to allow.
        """
        self._alembic_metadata = m1
        options = _options(
            m2,
            include_object=object_filters,
            include_name=name_filters,
            include_schemas=include_schemas,
        )
        with identifier_limit(self.bind.dialect, max_identifier_length):
            for metadata in util.to_list(m1):
                metadata.create_all(self.bind)
            with self.bind.connect() as connection:
                self.context = MigrationContext.configure(
                    connection=connection, opts={**options, **(opts or {})}
                )
                found = ops.UpgradeOps(ops=[])
                autogenerate._produce_net_changes(
                    api.AutogenContext(self.context, m2), found
                )
                return found if return_ops else found.as_diffs()

    def setUp(self) -> None:
        staging_env()
        self.bind = config.db

    def tearDown(self) -> None:
        for metadata in util.to_list(getattr(self, "_alembic_metadata", None), []):
            metadata.drop_all(self.bind)
        clear_staging_env()
