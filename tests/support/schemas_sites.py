"""Two more models as applications have them, smaller and with what the others lack.

A newsroom (pages and revisions that refer to each other, joined inheritance, a tree,
full-text search, types of the MetaData) and a scheduler of workflows (keys of three
columns, links to parts of them, texts of all lengths, indexes in all directions).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql as pg

from tests.support.schemas_apps import Maker, Slug


class UtcDateTime(sa.TypeDecorator[Any]):
    """A moment with its zone, to the microsecond where the database has that."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.TIMESTAMP(fsp=6))
        return dialect.type_descriptor(sa.DateTime(timezone=True))


# --- a newsroom ---------------------------------------------------------------------


def newsroom(dialect: str) -> MetaData:
    """Return the model of a newsroom: 12 tables."""
    m = Maker(dialect, convention=True)
    kind = sa.Enum("article", "gallery", "it's live", name="page_kind")
    late: dict[str, Any] = {"deferrable": True} if m.is_postgresql else {}
    role = sa.Enum("author", "editor", name="Role", metadata=m.metadata)

    m.table(
        "site",
        *m.serial(),
        Column("hostname", sa.String(255), nullable=False, unique=True),
        Column("port", sa.Integer, nullable=False, server_default=sa.text("443")),
        Column("root_page_id", sa.Integer, ForeignKey("page.id", use_alter=True)),
        sa.CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    )
    m.table(
        "person",
        *m.serial(),
        Column("name", sa.Unicode(200), nullable=False),
        Column("role", role, nullable=False, server_default="author"),
        Column("initials", sa.CHAR(3), index=True),
        m.link("mentor_id", "person", nullable=True, ondelete="SET NULL"),
    )
    m.table(
        "page",
        *m.serial(),
        m.link("site_id", "site", ondelete="CASCADE"),
        Column("path", sa.String(180), nullable=False),
        Column("depth", sa.Integer, nullable=False, server_default="1"),
        Column("kind", kind, nullable=False),
        m.link("parent_id", "page", nullable=True),
        # The newest revision of the page, which the revision refers to.
        m.link("live_revision_id", "revision", nullable=True, ondelete="SET NULL"),
        Column("slug", Slug(), nullable=False),
        Column("title", sa.Text, nullable=False),
        Column("length", sa.Integer, sa.Computed("depth * 2 + 1", persisted=True)),
        *m.times(),
        UniqueConstraint("site_id", "path", **late),
        sa.CheckConstraint("depth > 0 AND depth < 32", name="depth"),
        Index(None, "parent_id", sa.desc("depth")),
        Index("page_live", "live_revision_id", **m.where("live_revision_id > 0")),
        comment="100 % of what is shown",
    )
    m.table(
        "revision",
        *m.serial(),
        m.link("page_id", "page", ondelete="CASCADE"),
        m.link("author_id", "person", nullable=True),
        Column("content", m.json(), nullable=False),
        Column("made_at", UtcDateTime(), nullable=False, server_default=sa.func.now()),
        Index(None, "page_id", sa.desc("made_at")),
    )
    # Joined inheritance: the key of each is the page's.
    for name in ("article", "gallery", "live_blog"):
        m.table(
            name,
            Column(
                "page_id",
                sa.Integer,
                ForeignKey("page.id", ondelete="CASCADE"),
                primary_key=True,
                autoincrement=False,
            ),
            Column("lead", sa.Text, comment='what "stands" first'),
            Column("body", sa.Text().with_variant(mysql.MEDIUMTEXT(), "mariadb")),
            Column("published_on", sa.Date),
        )
    if m.is_postgresql:
        m.metadata.tables["article"].append_column(
            Column(
                "search",
                pg.TSVECTOR,
                sa.Computed("to_tsvector('simple', coalesce(body, ''))"),
            )
        )
        Index(
            "article_search",
            m.metadata.tables["article"].c.search,
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )
    m.table(
        "page_author",
        m.link("page_id", "page", ondelete="CASCADE", index=False),
        m.link("person_id", "person", ondelete="CASCADE"),
        Column("position", sa.SmallInteger, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("page_id", "person_id"),
        UniqueConstraint("page_id", "position", **late),
    )
    m.table(
        "tag",
        *m.serial(),
        Column("Name", sa.String(80, collation=_binary(m)), nullable=False),
        Column("synonyms", m.array(sa.String(80))),
        Index("tag_name", "Name", unique=True),
        Index("tag_folded", sa.func.lower(sa.column("Name")))
        if not m.is_mysql
        else Index("tag_part", "Name", mysql_length={"Name": 10}),
    )
    m.table(
        "page_tag",
        m.link("page_id", "page", ondelete="CASCADE", index=False),
        m.link("tag_id", "tag", onupdate="CASCADE"),
        sa.PrimaryKeyConstraint("page_id", "tag_id"),
    )
    for name in ("image", "embed"):
        m.table(
            name,
            *m.uuid_key(),
            Column("file", sa.LargeBinary(64)),
            Column("ratio", sa.REAL),
            Column("width", sa.Float(53), nullable=False, server_default="1.5"),
            m.link("gallery_id", "page", nullable=True),
        )
    return m.metadata


def _binary(m: Maker) -> str | None:
    """Return a collation by which each letter is another."""
    names = {"postgresql": "C", "sqlite": "BINARY"}
    return names.get(m.dialect, "utf8mb4_bin")


# --- a scheduler of workflows -------------------------------------------------------


def scheduler(dialect: str) -> MetaData:
    """Return the model of a scheduler of workflows: 10 tables."""
    m = Maker(dialect, convention=False)
    state = sa.Enum("queued", "running", "success", "failed", name="task_state")

    def key(length: int = 120) -> Any:
        return sa.String(length)

    m.table(
        "dag",
        Column("dag_id", key(), primary_key=True),
        Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
        Column("fileloc", sa.String(2000)),
        Column("description", sa.Text() if m.is_postgresql else sa.Text(500)),
        Column("timetable", m.json(), nullable=False),
        Column("max_active", sa.Integer, nullable=False, server_default="16"),
        Column("next_run", UtcDateTime()),
        Index("idx_next_run", "next_run"),
        Index("idx_paused", "is_paused", sa.desc("next_run")),
        sa.CheckConstraint("max_active > 0", name="dag_max_active"),
    )
    m.table(
        "dag_run",
        *m.identity(always=False),
        Column("dag_id", key(), ForeignKey("dag.dag_id"), nullable=False),
        Column("run_id", key(), nullable=False),
        Column("state", state, server_default="queued"),
        Column("conf", sa.LargeBinary),
        Column("queued_at", UtcDateTime()),
        Column("duration", sa.Interval()),
        UniqueConstraint("dag_id", "run_id", name="dag_run_dag_id_run_id_key"),
        Index("dag_id_state", "dag_id", "state"),
        Index("idx_running", "state", "dag_id", **m.where("state = 'running'")),
    )
    m.table(
        "task_instance",
        Column("task_id", key(60)),
        Column("dag_id", key()),
        Column("run_id", key()),
        Column("try_number", sa.Integer, server_default=sa.text("-1")),
        Column("state", state),
        Column("pool", sa.String(256), nullable=False, server_default="it's default"),
        Column("priority", sa.Numeric(6, 2)),
        sa.PrimaryKeyConstraint("task_id", "dag_id", "run_id", name="ti_pkey"),
        sa.ForeignKeyConstraint(
            ["dag_id", "run_id"],
            ["dag_run.dag_id", "dag_run.run_id"],
            name="ti_dag_run_fkey",
            ondelete="CASCADE",
        ),
        Index("ti_pool", "pool", "state", sa.desc("priority")),
        Index("ti_state", "state", **m.options(include=["dag_id"])),
    )
    for name in ("rendered_fields", "task_fail", "task_map"):
        m.table(
            name,
            Column("task_id", key(60), primary_key=True),
            Column("dag_id", key(), primary_key=True),
            Column("run_id", key(), primary_key=True),
            Column("fields", m.json(), nullable=False, server_default=_empty(m)),
            Column("length", sa.Integer, nullable=False),
            sa.ForeignKeyConstraint(
                ["task_id", "dag_id", "run_id"],
                [
                    "task_instance.task_id",
                    "task_instance.dag_id",
                    "task_instance.run_id",
                ],
                name=f"{name}_ti_fkey",
                ondelete="CASCADE",
            ),
            sa.CheckConstraint("length >= 0", name=f"{name}_length"),
        )
    m.table(
        "dataset",
        *m.serial(),
        Column("uri", sa.String(700, collation=_binary(m)), nullable=False),
        Column("orphaned", sa.Boolean, nullable=False, server_default=sa.true()),
        Index("idx_uri_unique", "uri", unique=True),
    )
    m.table(
        "dataset_event",
        *m.identity(),
        Column(
            "dataset_id",
            sa.Integer,
            ForeignKey("dataset.id", name="event_set"),
            nullable=False,
        ),
        Column(
            "source_run_id", sa.BigInteger, ForeignKey("dag_run.id", name="event_run")
        ),
        Column("at", UtcDateTime(), nullable=False),
        Column("year", sa.Integer, sa.Computed("dataset_id + 2000", persisted=True)),
        Index("idx_dataset_at", "dataset_id", "at"),
        # What refers in both directions: the last event of a chain, and its first.
        Column("chain_id", sa.BigInteger),
        sa.ForeignKeyConstraint(["chain_id"], ["chain.id"], name="event_chain_fkey"),
    )
    m.table(
        "chain",
        *m.identity(),
        Column(
            "first_id",
            sa.BigInteger,
            ForeignKey("dataset_event.id", name="chain_first"),
        ),
        Column("label", sa.NVARCHAR(50) if m.is_mysql else sa.Unicode(50)),
    )
    m.table(
        "variable",
        *m.serial(),
        Column("key", sa.String(250), unique=True),
        Column("val", sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")),
        Column("is_encrypted", sa.Boolean, server_default=sa.text("false")),
        mysql_engine="InnoDB",
    )
    return m.metadata


def _empty(m: Maker) -> Any:
    """Return an empty object as a default, which JSON has in parentheses on MySQL."""
    return sa.text("('{}')" if m.is_mysql else "'{}'")


MODELS: dict[str, Callable[[str], MetaData]] = {
    "newsroom": newsroom,
    "scheduler": scheduler,
}
