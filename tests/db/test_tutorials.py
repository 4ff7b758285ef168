"""Four public tutorials, followed step by step, with real tables for their models."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.samples import sample
from tests.support.project import Project


def with_driver(url: str, **drivers: str) -> str:
    """Return the URL with the driver that is given for its backend."""
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    parsed = parsed.set(drivername=f"{backend}+{drivers[backend]}")
    return parsed.render_as_string(hide_password=False)


class Database:
    """What a test looks at, through a connection of its own."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, poolclass=sa.pool.NullPool)

    def tables(self) -> set[str]:
        return set(sa.inspect(self._engine).get_table_names())

    def columns(self, table: str) -> dict[str, dict[str, object]]:
        found = sa.inspect(self._engine).get_columns(table)
        return {column["name"]: dict(column) for column in found}

    def inspector(self) -> sa.Inspector:
        return sa.inspect(self._engine)

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def execute(self, statement: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.text(statement))


@pytest.fixture
def database(database_url: str) -> Database:
    return Database(database_url)


# --- "Migrations with Alembic": async engine, settings module, users and posts --------

SETTINGS = """
import os


class Settings:
    DATABASE_URL = os.environ["DATABASE_URL"]


settings = Settings()
"""

BASE = """
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""

USER = sample("tutorials/user.py")

POST = sample("tutorials/post.py")

ASYNC_ENV = sample("tutorials/async_env.py")


@pytest.mark.greenlet
def test_async_engine_with_settings(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    url = with_driver(database_url, sqlite="aiosqlite", postgresql="asyncpg")
    project = Project(tmp_path, DATABASE_URL=url)
    for package in ("app", "app/db", "app/db/models", "app/core"):
        project.write(f"{package}/__init__.py", "")
    project.write("app/db/base.py", BASE)
    project.write("app/db/models/user.py", USER)
    project.write("app/db/models/post.py", POST)
    project.write("app/core/config.py", SETTINGS)

    project.run("init", "alembic")
    names = {path.name for path in (tmp_path / "alembic").iterdir()}
    assert names >= {"env.py", "script.py.mako", "versions", "README"}
    project.use_database("placeholder")
    project.write("alembic/env.py", ASYNC_ENV)

    project.run("revision", "--autogenerate", "-m", "create users table")
    [created] = project.revisions("alembic/versions")
    text = created.read_text()
    assert "op.create_table('users'," in text
    assert "sa.Column('username', sa.String(length=50), nullable=False)" in text
    assert "sa.UniqueConstraint('username')" in text
    assert "op.drop_table('users')" in text

    project.run("upgrade", "head")
    assert database.tables() == {"users", "posts", "alembic_version"}

    project.replace(
        "app/db/models/user.py",
        "is_active: Mapped[bool] = mapped_column()",
        "is_active: Mapped[bool] = mapped_column()\n"
        "    bio: Mapped[str | None] = mapped_column(String, nullable=True)",
    )
    project.run("revision", "--autogenerate", "-m", "add user bio column")
    assert "bio" not in database.columns("users")
    project.run("upgrade", "+1")
    assert "bio" in database.columns("users")
    current = project.run("current").stdout
    assert re.fullmatch(r"[0-9a-f]{12} \(head\)\n", current)
    history = project.run("history", "--verbose").stdout
    assert "add user bio column" in history
    assert "Revises: <base>" not in history.split("Rev: ")[1]

    project.run("downgrade", "-1")
    assert "bio" not in database.columns("users")
    first = created.name.partition("_")[0]
    assert project.run("current").stdout.startswith(first)
    project.run("upgrade", "head")
    project.run("downgrade", first)
    project.run("downgrade", "base")
    assert database.tables() == {"alembic_version"}
    assert database.rows("SELECT * FROM alembic_version") == []

    offline = project.run("upgrade", "head", "--sql").stdout
    assert "CREATE TABLE users" in offline
    assert "INSERT INTO alembic_version" in offline


# --- "Setup, env.py configuration and naming conventions": the async template ---------

CONVENTION_MODELS = sample("tutorials/convention_models.py")

CONVENTION_ENV = sample("tutorials/convention_env.py")


@pytest.mark.greenlet
def test_async_template_with_naming_conventions(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    url = with_driver(database_url, sqlite="aiosqlite", postgresql="asyncpg")
    is_postgresql = url.startswith("postgresql")
    project = Project(tmp_path)
    for package in ("src", "src/myapp"):
        project.write(f"{package}/__init__.py", "")
    project.write("src/myapp/db.py", CONVENTION_MODELS)
    project.write(
        "src/myapp/settings.py",
        f"class settings:\n    database_url = {url!r}\n",
    )

    output = project.run("init", "-t", "async", "migrations").stdout
    assert "Creating directory" in output
    assert "async_engine_from_config" in (tmp_path / "migrations/env.py").read_text()
    # SQLite has one schema only: with include_schemas its own tables count twice.
    env = CONVENTION_ENV.replace("INCLUDE_SCHEMAS", str(is_postgresql))
    project.write("migrations/env.py", env)

    database.execute("CREATE TABLE django_session (id INTEGER PRIMARY KEY)")
    project.run("revision", "--autogenerate", "-m", "initial schema")
    [initial] = project.revisions("migrations/versions")
    text = initial.read_text()
    assert "name=op.f('pk_users')" in text
    assert "name=op.f('uq_users_email')" in text
    assert "name=op.f('fk_posts_user_id_users')" in text
    assert "with op.batch_alter_table('posts', schema=None) as batch_op:" in text
    assert "batch_op.f('ix_posts_user_id')" in text
    assert "django_session" not in text
    project.run("upgrade", "head")
    assert "posts" in database.tables()
    project.run("check")

    # A wider title and another default: seen with compare_type, compare_server_default.
    project.replace("src/myapp/db.py", "String(80)", "String(200)")
    project.replace("src/myapp/db.py", '"draft"', '"new"')
    changed = project.run("check", status=255)
    assert "New upgrade operations detected" in changed.stdout + changed.stderr
    project.run("revision", "--autogenerate", "-m", "wider titles")
    text = project.revisions("migrations/versions")[-1].read_text()
    assert "batch_op.alter_column('title'" in text
    assert "type_=sa.String(length=200)" in text
    assert "server_default=sa.text(\"'new'\")" in text or "server_default='new'" in text
    database.execute("INSERT INTO users (id, email) VALUES (1, 'a@b')")
    database.execute("INSERT INTO posts (id, user_id, title) VALUES (1, 1, 'first')")
    project.run("upgrade", "head")
    assert database.rows("SELECT title, status FROM posts") == [("first", "draft")]
    database.execute("INSERT INTO posts (id, user_id, title) VALUES (2, 1, 'second')")
    assert database.rows("SELECT status FROM posts WHERE id = 2") == [("new",)]
    project.run("check")
    assert project.run("heads").stdout.endswith("(head)\n")
    head = project.revisions("migrations/versions")[-1].name.partition("_")[0]
    assert "wider titles" in project.run("show", head).stdout
    project.run("downgrade", "base")
    assert database.tables() == {"alembic_version", "django_session"}


# --- "Alembic basics": the generic template, edited in two places ---------------------


def test_generic_template(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    project = Project(tmp_path)
    project.write("app/__init__.py", "")
    project.write(
        "app/models.py",
        """
        from sqlalchemy import String
        from sqlalchemy.orm import declarative_base, Mapped, mapped_column

        Base = declarative_base()


        class User(Base):
            __tablename__ = "users"

            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(String(50))
        """,
    )
    assert re.match(r"\S+ \d+\.\d+\.\d+", project.run("--version").stdout)
    project.run("init", "migrations")
    assert (tmp_path / "migrations/README").exists()
    project.use_database(database_url)
    project.replace(
        "migrations/env.py",
        "target_metadata = None",
        "from app.models import Base\n\ntarget_metadata = Base.metadata",
    )
    done = project.run("revision", "--autogenerate", "-m", "Initial schema")
    assert "Detected added table 'users'" in done.stderr
    [initial] = project.revisions("migrations/versions")
    text = initial.read_text()
    assert initial.name.endswith("_initial_schema.py")
    assert "op.create_table('users'," in text
    assert "sa.PrimaryKeyConstraint('id')" in text
    done = project.run("upgrade", "head")
    revision = initial.name.partition("_")[0]
    assert f"Running upgrade  -> {revision}, Initial schema" in done.stderr
    assert database.rows("SELECT version_num FROM alembic_version") == [(revision,)]
    assert project.run("current").stdout == f"{revision} (head)\n"
    project.run("downgrade", "-1")
    assert database.tables() == {"alembic_version"}
    assert project.run("current").stdout == ""


def test_stamp_an_existing_database(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database(database_url)
    database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY)")
    project.run("revision", "-m", "as found", "--rev-id", "0001")
    project.run("stamp", "head")
    assert project.run("current").stdout == "0001 (head)\n"
    project.run("revision", "-m", "next", "--rev-id", "0002")
    project.run("upgrade", "head")
    assert project.run("current").stdout == "0002 (head)\n"
    assert "users" in database.tables()


# --- "Migrations with Alembic" for SQLModel: JSONB, data migration, trouble -----------

TASK = sample("tutorials/task.py")

SQLMODEL_ENV = sample("tutorials/sqlmodel_env.py")

DATA_MIGRATION = sample("tutorials/data_migration.py")

JSONB_MIGRATION = sample("tutorials/jsonb_migration.py")


def sqlmodel_project(root: Path, url: str) -> Project:
    project = Project(root, DATABASE_URL=url)
    is_postgresql = url.startswith("postgresql")
    for package in ("app", "app/models"):
        project.write(f"{package}/__init__.py", "")
    tags = 'tags: list = Field(sa_column=Column(JSONB, server_default="[]"))'
    project.write(
        "app/models/task.py",
        TASK.replace(
            "TAGS_IMPORT",
            "from sqlalchemy import Column\n"
            "from sqlalchemy.dialects.postgresql import JSONB\n"
            if is_postgresql
            else "",
        ).replace("TAGS", tags if is_postgresql else ""),
    )
    for name in ("project", "worker"):
        project.write(
            f"app/models/{name}.py",
            f"""
            from typing import Optional

            from sqlmodel import Field, SQLModel


            class {name.capitalize()}(SQLModel, table=True):
                id: Optional[int] = Field(default=None, primary_key=True)
                name: str
            """,
        )
    project.write(
        "app/database.py",
        """
        def get_async_database_url(url):
            return url.replace("psycopg2", "asyncpg").replace("pysqlite", "aiosqlite")
        """,
    )
    output = project.run("init", "-t", "async", "alembic").stdout
    for path in ("alembic", "alembic/versions"):
        assert f"Creating directory {root / path} ..." in output
    for path in ("alembic.ini", "alembic/env.py", "alembic/script.py.mako"):
        assert f"Generating {root / path} ..." in output
    project.write("alembic/env.py", SQLMODEL_ENV)
    # SQLModel's strings name their own type; its documentation adds this import.
    project.replace(
        "alembic/script.py.mako",
        "import sqlalchemy as sa",
        "import sqlalchemy as sa\nimport sqlmodel",
    )
    return project


@pytest.mark.greenlet
def test_sqlmodel_tutorial(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    url = with_driver(database_url, sqlite="pysqlite", postgresql="psycopg2")
    is_postgresql = url.startswith("postgresql")
    project = sqlmodel_project(tmp_path, url)

    done = project.run("revision", "--autogenerate", "-m", "Add tasks table")
    assert "Detected added table 'task'" in done.stderr
    # SQLAlchemy's own words for the columns, after upstream's.
    assert "Detected added index 'ix_task_project_id' on " in done.stderr
    [first] = project.revisions("alembic/versions")
    text = first.read_text()
    if is_postgresql:
        assert "from sqlalchemy.dialects import postgresql" in text
        assert "postgresql.JSONB(" in text
        assert "server_default=sa.text(\"'[]'\")" in text or "'[]'" in text
    done = project.run("upgrade", "head")
    assert "Add tasks table" in done.stderr
    assert {"task", "project", "worker"} <= database.tables()

    database.execute("INSERT INTO project (id, name) VALUES (1, 'one')")
    database.execute(
        "INSERT INTO task (id, title, status, project_id, created_at)"
        " VALUES (1, 'old', 'pending', 1, '2024-01-15 10:00:00')"
    )
    revision = first.name.partition("_")[0]
    text = DATA_MIGRATION.replace("DOWN_REVISION", revision)
    if not is_postgresql:  # SQLite alters through a copy
        text = text.replace(
            "    op.alter_column('task', 'priority', nullable=False, "
            "server_default='medium')",
            "    with op.batch_alter_table('task') as batch_op:\n"
            "        batch_op.alter_column('priority', nullable=False, "
            "server_default='medium')",
        )
    project.write("alembic/versions/def456_add_priority.py", text)
    project.run("upgrade", "head")
    assert database.rows("SELECT title, priority FROM task") == [("old", "medium")]
    assert database.columns("task")["priority"]["nullable"] is False

    if is_postgresql:
        project.write("alembic/versions/abc789_metadata.py", JSONB_MIGRATION)
        project.run("upgrade", "abc789")
        assert str(database.columns("task")["metadata"]["type"]) == "JSONB"
        assert database.rows("SELECT metadata FROM task") == [({},)]
        project.run("downgrade", "-1")
    project.run("downgrade", revision)
    assert "priority" not in database.columns("task")
    assert database.rows("SELECT title FROM task") == [("old",)]


@pytest.mark.greenlet
def test_sqlmodel_troubleshooting(
    tmp_path: Path, database_url: str, database: Database
) -> None:
    url = with_driver(database_url, sqlite="pysqlite", postgresql="psycopg2")
    project = sqlmodel_project(tmp_path, url)
    project.run("revision", "--autogenerate", "-m", "Add tasks table")

    behind = project.run("revision", "--autogenerate", "-m", "again", status=255)
    assert "Target database is not up to date." in behind.stdout + behind.stderr
    assert len(project.revisions("alembic/versions")) == 1

    project.run("stamp", "head")
    [first] = project.revisions("alembic/versions")
    first.rename(tmp_path / "elsewhere.py")
    lost = project.run("upgrade", "head", status=255)
    revision = first.name.partition("_")[0]
    wanted = f"Can't locate revision identified by '{revision}'"
    assert wanted in lost.stdout + lost.stderr
    assert "task" not in database.tables()
