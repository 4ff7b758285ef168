"""Three models as applications have them, to create and to compare.

They are made up, in the spirit of what people run: a shop (money, enums, JSON, partial
indexes, comments, two schemas), a forge for code (identities, arrays, self-references,
expression indexes, composite keys) and a help desk (soft deletion, generated columns,
deferrable keys, types of its own, generic rows in inherited mix-ins).

On SQLite and MariaDB what the database does not have is left out: schemas, arrays,
identities.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql as pg

CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Slug(sa.TypeDecorator[str]):
    """A short name for addresses."""

    impl = sa.String(120)
    cache_ok = True


class Money(sa.TypeDecorator[Any]):
    """An amount with the precision of all amounts."""

    impl = sa.Numeric
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(precision=12, scale=3)


class Maker:
    """Makes tables for one dialect."""

    def __init__(self, dialect: str, convention: bool) -> None:
        self.dialect = dialect
        self.is_postgresql = dialect == "postgresql"
        self.is_mysql = dialect in ("mysql", "mariadb")
        self.metadata = MetaData(naming_convention=CONVENTION if convention else None)

    def schema(self, name: str) -> str | None:
        return name if self.is_postgresql else None

    def json(self) -> Any:
        return sa.JSON().with_variant(pg.JSONB(), "postgresql")

    def default(self, literal: str) -> Any:
        """Return the default of a JSON or long text: on MySQL it is an expression."""
        return sa.text(f"('{literal}')" if self.dialect == "mysql" else f"'{literal}'")

    def plain_default(self, literal: str) -> Any:
        """Return the same, a plain string where it can be one."""
        return self.default(literal) if self.dialect == "mysql" else literal

    def array(self, of: Any) -> Any:
        return pg.ARRAY(of) if self.is_postgresql else sa.JSON()

    def strings(self) -> Column[Any]:
        default = sa.text("'{}'") if self.is_postgresql else self.default("[]")
        return Column(
            "labels", self.array(sa.String(50)), nullable=False, server_default=default
        )

    def options(self, **options: Any) -> dict[str, Any]:
        """Return the options of PostgreSQL, none on another dialect."""
        return {f"postgresql_{k}": v for k, v in options.items() if self.is_postgresql}

    def lengths(self, **lengths: int) -> dict[str, Any]:
        """Return how much of texts an index takes, which MySQL has to know."""
        return {"mysql_length": lengths} if self.is_mysql else {}

    def deferred(self, **options: Any) -> dict[str, Any]:
        """Return the options of a constraint that is deferred, where one can be."""
        return {} if self.is_mysql else {"deferrable": True, **options}

    def key_text(self) -> Any:
        """Return a type of texts that are unique, which MySQL limits."""
        return sa.String(250) if self.dialect == "mysql" else sa.Text()

    def short_bytes(self, length: int) -> Any:
        """Return a type of bytes that a key can be on."""
        type_: Any = mysql.VARBINARY(length) if self.is_mysql else None
        return type_ or sa.LargeBinary(length)

    def where(self, condition: str) -> dict[str, Any]:
        return {
            "postgresql_where": sa.text(condition),
            "sqlite_where": sa.text(condition),
        }

    def serial(self) -> list[Column[Any]]:
        return [Column("id", sa.Integer, primary_key=True)]

    def identity(self, always: bool = True) -> list[Column[Any]]:
        extra = [sa.Identity(always=always)] if self.is_postgresql else []
        kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        return [Column("id", kind, *extra, primary_key=True)]

    def uuid_key(self) -> list[Column[Any]]:
        default: dict[str, Any] = {}
        if self.is_postgresql:
            default["server_default"] = sa.text("gen_random_uuid()")
        return [
            Column("id", sa.Uuid(), primary_key=True, default=uuid.uuid4, **default)
        ]

    def times(self) -> list[Column[Any]]:
        return [
            Column(
                "created_at",
                sa.DateTime(timezone=True),
                nullable=False,
                server_default=sa.func.now(),
            ),
            Column("updated_at", sa.DateTime(timezone=True)),
        ]

    def table(self, name: str, *items: Any, **options: Any) -> Table:
        return Table(name, self.metadata, *items, **options)

    def link(self, name: str, target: str, **options: Any) -> Column[Any]:
        kind = options.pop("type_", sa.Integer())
        index = options.pop("index", True)
        nullable = options.pop("nullable", False)
        key = ForeignKey(f"{target}.id", **options)
        return Column(name, kind, key, nullable=nullable, index=index)


# --- a shop -------------------------------------------------------------------------


def shop(dialect: str) -> MetaData:
    """Return a shop's model: 49 tables, of which 12 are in the schema `billing`."""
    m = Maker(dialect, convention=True)
    billing = m.schema("billing")
    within = f"{billing}." if billing else ""
    status = sa.Enum("draft", "unconfirmed", "paid", "canceled", name="order_status")
    weight = sa.Enum("kg", "lb", "oz", name="weight_unit", native_enum=False, length=8)

    m.table(
        "account_user",
        *m.serial(),
        Column("email", sa.String(254), nullable=False, unique=True),
        Column("is_staff", sa.Boolean, nullable=False, server_default=sa.false()),
        Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        Column("note", sa.Text, comment="what the staff should know"),
        Column("language", sa.CHAR(2), nullable=False, server_default="en"),
        Column(
            "private_metadata",
            m.json(),
            nullable=False,
            server_default=m.plain_default("{}"),
        ),
        *m.times(),
        Index("account_user_email_lower", sa.text("lower(email)"))
        if m.is_postgresql
        else Index("account_user_language", "language"),
        comment="People with a log-in.",
    )
    m.table(
        "account_address",
        *m.serial(),
        m.link("user_id", "account_user", ondelete="CASCADE"),
        Column("street", sa.String(256), nullable=False, server_default=""),
        Column("city", sa.String(256), nullable=False),
        Column("country", sa.CHAR(2), nullable=False),
        Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
        Index("one_default", "user_id", unique=True, **m.where("is_default")),
    )
    m.table(
        "product_category",
        *m.serial(),
        Column("name", sa.String(250), nullable=False),
        Column("slug", Slug(), nullable=False, unique=True),
        m.link("parent_id", "product_category", nullable=True, ondelete="SET NULL"),
        Column("lft", sa.Integer, nullable=False),
        Column("rght", sa.Integer, nullable=False),
        sa.CheckConstraint("lft < rght", name="tree"),
    )
    m.table(
        "product",
        *m.serial(),
        m.link("category_id", "product_category", nullable=True),
        Column("name", sa.String(250), nullable=False),
        Column("slug", Slug(), nullable=False),
        Column("description", m.json()),
        Column("rating", sa.Float),
        Column("weight", sa.Double),
        Column("weight_unit", weight, nullable=False, server_default="kg"),
        m.strings(),
        *m.times(),
        UniqueConstraint("slug"),
        Index("product_search", "labels", **m.options(using="gin"))
        if m.is_postgresql
        else Index("product_search", "name"),
        Index("product_name_slug", "name", "slug"),
    )
    m.table(
        "product_variant",
        *m.serial(),
        m.link("product_id", "product", ondelete="CASCADE"),
        Column("sku", sa.String(255), unique=True),
        Column("price", Money(), nullable=False, server_default="0"),
        Column("cost", Money()),
        Column("sort_order", sa.SmallInteger, nullable=False, server_default="0"),
        sa.CheckConstraint("price >= 0", name="price_not_negative"),
        Index(
            "variant_order", "product_id", "sort_order", **m.options(include=["sku"])
        ),
    )
    m.table(
        "shop_order",
        *m.uuid_key(),
        m.link("user_id", "account_user", nullable=True, ondelete="SET NULL"),
        Column("status", status, nullable=False, server_default="draft"),
        Column("total", Money(), nullable=False),
        Column("currency", sa.CHAR(3), nullable=False),
        Column("placed_on", sa.Date),
        Column("billing", m.json()),
        *m.times(),
        Index(
            "open_orders",
            "user_id",
            "created_at",
            **m.where("status <> 'paid'"),
        ),
    )
    m.table(
        "order_line",
        m.link("order_id", "shop_order", type_=sa.Uuid(), ondelete="CASCADE"),
        Column("position", sa.Integer, nullable=False),
        m.link("variant_id", "product_variant", ondelete="RESTRICT"),
        Column("quantity", sa.Integer, nullable=False, server_default=sa.text("1")),
        Column("tax_rate", sa.Numeric(5, 4), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "position"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )
    for name in ("attribute", "collection", "page", "menu", "channel", "warehouse"):
        m.table(
            name,
            *m.serial(),
            Column("name", sa.String(250), nullable=False, index=True),
            Column("slug", Slug(), nullable=False, unique=True),
            Column("metadata", m.json(), server_default=m.default("{}")),
            Column("published", sa.Boolean, nullable=False, server_default=sa.true()),
            *m.times(),
        )
        m.table(
            f"{name}_translation",
            m.link(f"{name}_id", name, ondelete="CASCADE", index=False),
            Column("language", sa.String(35), nullable=False),
            Column("name", sa.String(255)),
            Column("content", sa.Text),
            sa.PrimaryKeyConstraint(f"{name}_id", "language"),
        )
        m.table(
            f"{name}_product",
            *m.serial(),
            m.link(f"{name}_id", name, ondelete="CASCADE"),
            m.link("product_id", "product", ondelete="CASCADE"),
            Column("sort_order", sa.Integer),
            UniqueConstraint(f"{name}_id", "product_id"),
        )
        m.table(
            f"{name}_history",
            *m.identity(),
            m.link(f"{name}_id", name, ondelete="CASCADE"),
            Column("changed_at", sa.TIMESTAMP(timezone=True), nullable=False),
            Column("changes", m.json(), nullable=False),
            Index(f"{name}_latest", f"{name}_id", sa.desc("changed_at"))
            if m.is_postgresql
            else Index(f"{name}_latest", "changed_at"),
        )
    for name in ("cart", "wishlist", "coupon", "gift_card", "review", "shipment"):
        m.table(
            name,
            *m.uuid_key(),
            m.link("user_id", "account_user", ondelete="CASCADE"),
            m.link("product_id", "product", nullable=True),
            Column("code", sa.String(32), nullable=False),
            Column("value", sa.Numeric(10, 2)),
            Column("expires", sa.Date),
            Column("payload", sa.LargeBinary),
            *m.times(),
            UniqueConstraint("code", "user_id"),
            sa.CheckConstraint("value IS NULL OR value >= 0", name="value_range"),
        )
    state = sa.Enum("pending", "done", "failed", name="payment_state", schema=billing)
    for name in ("invoice", "payment", "refund", "payout", "tax_report", "ledger"):
        m.table(
            name,
            *m.serial(),
            Column("number", sa.String(40), nullable=False, unique=True),
            Column("state", state, nullable=False, server_default="pending"),
            Column("gross", Money(), nullable=False),
            Column("net", Money(), nullable=False),
            m.link("user_id", "account_user", ondelete="RESTRICT"),
            *m.times(),
            schema=billing,
            comment="kept for ten years",
        )
        m.table(
            f"{name}_entry",
            Column(
                "owner_id",
                sa.Integer,
                ForeignKey(f"{within}{name}.id", ondelete="CASCADE"),
                primary_key=True,
            ),
            Column("line", sa.Integer, primary_key=True, autoincrement=False),
            Column("text", sa.String(500), nullable=False, server_default="it's"),
            Column("amount", Money(), nullable=False, server_default=sa.text("0.000")),
            schema=billing,
        )
    return m.metadata


# --- a forge ------------------------------------------------------------------------


def forge(dialect: str) -> MetaData:
    """Return the model of a forge for code: 59 tables, without naming convention."""
    m = Maker(dialect, convention=False)
    big = sa.BigInteger()
    access = sa.Enum("guest", "reporter", "developer", "owner", name="access_level")

    def refer(name: str, target: str, **options: Any) -> Column[Any]:
        return m.link(name, target, type_=big, **options)

    m.table(
        "users",
        *m.identity(),
        Column("username", sa.String(64), nullable=False),
        Column("email", sa.Text, nullable=False),
        Column("otp_secret", sa.LargeBinary(64)),
        Column("last_ip", pg.INET() if m.is_postgresql else sa.String(45)),
        Column("settings", m.json(), nullable=False, server_default=m.default("{}")),
        Column("followers", sa.Integer, nullable=False, server_default="0"),
        *m.times(),
        UniqueConstraint("username", name="users_username_key"),
        Index(
            "users_email_key",
            sa.func.lower(sa.literal_column("email")) if m.is_postgresql else "email",
            unique=True,
            **m.lengths(email=190),
        ),
    )
    m.table(
        "namespaces",
        *m.identity(always=False),
        Column("path", sa.String(255), nullable=False),
        refer("parent_id", "namespaces", nullable=True, ondelete="CASCADE"),
        refer("owner_id", "users", nullable=True),
        Column("traversal_ids", m.array(sa.BigInteger()), nullable=False),
        Index(
            "namespaces_path",
            "parent_id",
            "path",
            unique=True,
            **m.options(nulls_not_distinct=True),
        ),
        Index("namespaces_traversal", "traversal_ids", **m.options(using="gin"))
        if m.is_postgresql
        else Index("namespaces_traversal", "owner_id"),
    )
    m.table(
        "projects",
        *m.identity(),
        refer("namespace_id", "namespaces", ondelete="RESTRICT"),
        Column("name", sa.String(255), nullable=False),
        Column("topics", m.array(sa.Text()), nullable=False),
        Column("visibility", sa.SmallInteger, nullable=False, server_default="0"),
        Column("archived", sa.Boolean, nullable=False, server_default=sa.false()),
        refer("forked_from_id", "projects", nullable=True, ondelete="SET NULL"),
        *m.times(),
        UniqueConstraint("namespace_id", "name"),
        sa.CheckConstraint("visibility IN (0, 10, 20)", name="projects_visibility"),
        Index(
            "projects_name_ops", "name", **m.options(ops={"name": "text_pattern_ops"})
        ),
        Index(
            "projects_active",
            "namespace_id",
            "created_at",
            **m.where("NOT archived"),
        ),
    )
    m.table(
        "members",
        refer("user_id", "users", ondelete="CASCADE"),
        refer("project_id", "projects", ondelete="CASCADE"),
        Column("access", access, nullable=False, server_default="guest"),
        Column("expires_at", sa.Date),
        sa.PrimaryKeyConstraint("user_id", "project_id"),
    )
    m.table(
        "commits",
        refer("project_id", "projects", ondelete="CASCADE", index=False),
        Column("sha", m.short_bytes(20), nullable=False),
        Column("authored", sa.DateTime(timezone=True), nullable=False),
        Column("message", sa.Text, nullable=False, server_default=m.plain_default("")),
        Column("parents", m.array(sa.LargeBinary(20))),
        sa.PrimaryKeyConstraint("project_id", "sha"),
        Index("commits_authored", sa.desc("authored"))
        if m.is_postgresql
        else Index("commits_authored", "authored"),
    )
    m.table(
        "commit_statuses",
        *m.identity(),
        Column("project_id", big, nullable=False),
        Column("sha", m.short_bytes(20), nullable=False),
        Column("state", sa.Enum("ok", "failed", name="ci_state"), nullable=False),
        Column("duration", sa.Interval()),
        Column("coverage", sa.REAL),
        sa.ForeignKeyConstraint(
            ["project_id", "sha"],
            ["commits.project_id", "commits.sha"],
            name="commit_statuses_commit",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
    )
    for name in ("issue", "merge_request", "epic", "snippet", "milestone", "release"):
        m.table(
            f"{name}s",
            *m.identity(),
            refer("project_id", "projects", ondelete="CASCADE"),
            Column("iid", sa.Integer, nullable=False),
            Column("title", sa.String(255), nullable=False),
            Column("description", sa.Text),
            Column("state", sa.SmallInteger, nullable=False, server_default="1"),
            Column("weight", sa.Numeric),
            refer("author_id", "users", nullable=True, ondelete="SET NULL"),
            refer("duplicated_to_id", f"{name}s", nullable=True),
            *m.times(),
            UniqueConstraint("project_id", "iid", name=f"{name}s_iid_key"),
            sa.CheckConstraint("state BETWEEN 1 AND 4", name=f"{name}s_state"),
            Index(
                f"{name}s_open",
                "project_id",
                "updated_at",
                **m.where("state = 1"),
            ),
        )
        m.table(
            f"{name}_assignees",
            refer("user_id", "users", ondelete="CASCADE"),
            refer(f"{name}_id", f"{name}s", ondelete="CASCADE"),
            sa.PrimaryKeyConstraint("user_id", f"{name}_id"),
        )
        m.table(
            f"{name}_labels",
            refer(f"{name}_id", f"{name}s", ondelete="CASCADE"),
            Column("label", sa.String(100), nullable=False),
            Column("colour", sa.CHAR(7), server_default="#428bca"),
            UniqueConstraint(f"{name}_id", "label"),
        )
        m.table(
            f"{name}_notes",
            *m.identity(),
            refer("noteable_id", f"{name}s", ondelete="CASCADE"),
            refer("author_id", "users"),
            refer("reply_to_id", f"{name}_notes", nullable=True),
            Column("body", sa.Text, nullable=False),
            Column("positions", m.array(sa.Integer())),
            *m.times(),
        )
        m.table(
            f"{name}_events",
            *m.identity(),
            refer("subject_id", f"{name}s", ondelete="CASCADE"),
            Column("action", sa.SmallInteger, nullable=False),
            Column("data", m.json(), nullable=False, server_default=m.default("{}")),
            *m.times(),
        )
    for name in ("runner", "pipeline", "stage", "build", "artifact", "trigger"):
        m.table(
            f"ci_{name}s",
            *m.identity(),
            refer("project_id", "projects", ondelete="CASCADE"),
            Column("token", sa.String(64), unique=True),
            Column("ref", sa.String(255)),
            Column("tags", m.array(sa.String(50))),
            Column("started_at", sa.TIMESTAMP),
            Column("yaml", sa.Text),
            Column("retries", sa.Integer, nullable=False, server_default=sa.text("-1")),
            Index(f"ci_{name}s_ref", "project_id", "ref", sa.desc("started_at"))
            if m.is_postgresql
            else Index(f"ci_{name}s_ref", "project_id", "ref"),
        )
        m.table(
            f"ci_{name}_metadata",
            Column(
                "owner_id",
                big,
                ForeignKey(f"ci_{name}s.id", ondelete="CASCADE"),
                primary_key=True,
                autoincrement=False,
            ),
            Column("key", sa.String(255), primary_key=True),
            Column("value", m.json()),
        )
    for name in ("web_hook", "deploy_key", "audit_event", "feature_flag", "badge"):
        m.table(
            f"{name}s",
            *m.identity(),
            refer("project_id", "projects", nullable=True, ondelete="CASCADE"),
            Column("uuid", sa.Uuid(), nullable=False, unique=True),
            Column("url", sa.Text),
            Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
            *m.times(),
        )
    for name in ("lfs_objects", "spam_logs", "pages_domains", "licenses"):
        m.table(
            name,
            *m.identity(),
            Column("oid", sa.String(255), nullable=False, index=True, unique=True),
            Column("size", big, nullable=False),
            Column("verified_at", sa.DateTime),
        )
    m.table(
        "topics",
        *m.serial(),
        Column("name", m.key_text(), nullable=False, unique=True),
        Column("title", sa.Unicode(255)),
    )
    m.table(
        "project_topics",
        refer("project_id", "projects", ondelete="CASCADE"),
        m.link("topic_id", "topics", ondelete="CASCADE"),
        UniqueConstraint("project_id", "topic_id"),
    )
    return m.metadata


# --- a help desk --------------------------------------------------------------------


def help_desk(dialect: str) -> MetaData:
    """Return the model of a help desk: 47 tables, names with capitals among them."""
    m = Maker(dialect, convention=True)
    crm = m.schema("crm")
    within = f"{crm}." if crm else ""
    priority = sa.Enum("Low", "High", "on fire", name="TicketPriority")
    kinds: list[Callable[[], Any]] = [
        lambda: sa.String(80),
        lambda: sa.Numeric(8, 2),
        sa.Date,
        sa.Boolean,
        sa.Text,
        m.json,
        sa.Time,
        sa.Float,
    ]

    def soft() -> list[Column[Any]]:
        return [
            *m.times(),
            Column("deletedAt", sa.DateTime(timezone=True)),
            Column("version_id", sa.Integer, nullable=False, server_default="1"),
        ]

    m.table(
        "Organisation",
        *m.uuid_key(),
        Column("Name", sa.String(200), nullable=False),
        Column("domains", m.array(sa.String(255))),
        *soft(),
        Index("ix_org_name", "Name", unique=True, **m.where('"deletedAt" IS NULL')),
    )
    m.table(
        "Agent",
        *m.uuid_key(),
        m.link("organisation_id", "Organisation", type_=sa.Uuid()),
        Column("first", sa.String(80), nullable=False),
        Column("last", sa.String(80), nullable=False),
        Column("full", sa.String(161), sa.Computed("first || last", persisted=True))
        if m.is_postgresql
        else Column("full", sa.String(161)),
        m.link("manager_id", "Agent", type_=sa.Uuid(), nullable=True),
        Column("order", sa.Integer, nullable=False, server_default="0"),
        *soft(),
    )
    m.table(
        "Ticket",
        *m.identity(),
        m.link("organisation_id", "Organisation", type_=sa.Uuid()),
        m.link("agent_id", "Agent", type_=sa.Uuid(), nullable=True),
        Column("subject", sa.String(300), nullable=False),
        Column("priority", priority, nullable=False, server_default="Low"),
        Column("history", m.array(priority)),
        Column("closed", sa.Boolean, nullable=False, server_default=sa.false()),
        *soft(),
        UniqueConstraint("organisation_id", "subject", "deletedAt", name="uq_subject"),
        sa.CheckConstraint('"version_id" > 0', name="version"),
        Index(
            "ix_ticket_open",
            "organisation_id",
            sa.nulls_last(sa.desc("created_at")) if m.is_postgresql else "created_at",
        ),
    )
    m.table(
        "Reply",
        *m.identity(),
        Column(
            "ticket_id",
            sa.BigInteger,
            ForeignKey(
                "Ticket.id", ondelete="CASCADE", **m.deferred(initially="DEFERRED")
            ),
            nullable=False,
        ),
        Column("parent_id", sa.BigInteger),
        Column("body", sa.Text, nullable=False),
        Column("seen_by", m.array(sa.Uuid())),
        sa.ForeignKeyConstraint(["parent_id"], ["Reply.id"], **m.deferred()),
        *soft(),
    )
    for number in range(18):
        m.table(
            f"FormField{number:02d}",
            *m.identity(),
            Column("ticket_id", sa.BigInteger, ForeignKey("Ticket.id"), index=True),
            Column("label", sa.String(120), nullable=False),
            Column("Value", kinds[number % len(kinds)]()),
            Column("other value", kinds[(number + 3) % len(kinds)]()),
            Column("default", sa.String(120), server_default="n/a"),
            *soft(),
            UniqueConstraint("ticket_id", "label"),
            comment=f"fields of kind {number}: 100 % made up, with a \\ and 'quotes'",
        )
    for name in ("contact", "company", "deal", "campaign", "call", "visit"):
        m.table(
            name,
            *m.uuid_key(),
            Column("title", sa.String(120), nullable=False, server_default="\u2013"),
            Column("score", sa.Double, server_default=sa.text("0.5")),
            Column("at", sa.DateTime(timezone=True), server_default=sa.func.now()),
            m.link("organisation_id", "Organisation", type_=sa.Uuid()),
            *soft(),
            schema=crm,
        )
        m.table(
            f"{name}_tag",
            Column(
                f"{name}_id",
                sa.Uuid(),
                ForeignKey(f"{within}{name}.id", ondelete="CASCADE"),
                primary_key=True,
            ),
            Column("tag", sa.String(50), primary_key=True),
            schema=crm,
        )
        m.table(
            f"{name}_log",
            *m.identity(always=False),
            Column("subject_id", sa.Uuid(), ForeignKey(f"{within}{name}.id")),
            Column("what", sa.Enum("new", "mod", "del", name="log_kind", schema=crm)),
            Column("before", m.json()),
            Column("after", m.json()),
            Column("at", sa.TIMESTAMP(timezone=True), index=True),
            schema=crm,
        )
    for name in ("macro", "view_filter", "sla", "holiday", "queue", "webhook", "theme"):
        m.table(
            name,
            *m.serial(),
            m.link("agent_id", "Agent", type_=sa.Uuid(), onupdate="CASCADE"),
            Column(
                "conditions",
                m.json(),
                nullable=False,
                server_default=m.plain_default("[]"),
            ),
            Column("position", sa.SmallInteger, nullable=False, server_default="0"),
            Column("name", sa.Unicode(100), nullable=False),
            *soft(),
            UniqueConstraint("name", name=f"{name}_name_once"),
            sa.CheckConstraint("position >= 0", name="position"),
        )
    return m.metadata


MODELS: dict[str, Callable[[str], MetaData]] = {
    "shop": shop,
    "forge": forge,
    "help_desk": help_desk,
}
SCHEMAS = ("billing", "crm")


def create(connection: sa.Connection, metadata: MetaData) -> None:
    """Create the schemas and tables of a model."""
    if connection.dialect.name == "postgresql":
        for schema in SCHEMAS:
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
    metadata.create_all(connection)
