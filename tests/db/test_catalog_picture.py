"""Entity-relationship pictures: of models, of databases, from the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c.catalog import Catalog, mermaid, snapshot
from tests.samples import sample
from tests.support.project import Project

MODELS = sample("catalog_picture/models.py")
RELATIONS = {
    ("customer", "||--o|", "profile", "id"),
    ("customer", "||--o{", "order", "customer"),
    ("customer", "|o--o{", "order", "invoice to"),
    ("order", "|o--o{", "order", "parent"),
    ("order", "||--o{", "line", "order_id"),
    ("line", "||--o|", "note", "order_id, number"),
}


def metadata() -> sa.MetaData:
    names: dict[str, sa.MetaData] = {}
    exec(MODELS, names)
    return names["metadata"]


def relations(picture: str) -> set[tuple[str, ...]]:
    names = dict(re.findall(r'^    (t\d+)\["(.*)"\] \{$', picture, re.M))
    return {
        (names[one].rpartition(".")[2], sign, names[many].rpartition(".")[2], columns)
        for one, sign, many, columns in re.findall(
            r'^    (t\d+) (\S+) (t\d+) : "(.*)"$', picture, re.M
        )
    }


def attributes(picture: str) -> set[tuple[str, ...]]:
    """Return name, keys and comment of each column."""
    return {
        tuple(found)
        for found in re.findall(
            r'^        \S+ (\S+)(?: ((?:[PFU]K(?:, )?)+))?(?: "(.*)")?$', picture, re.M
        )
    }


def test_models() -> None:
    picture = mermaid(metadata())
    assert picture.startswith("erDiagram\n")
    assert relations(picture) == RELATIONS
    assert "        VARCHAR(255) email UK\n" in picture
    assert "        NUMERIC(10_2) score\n" in picture
    assert '        INTEGER invoice_to FK "invoice to"\n' in picture
    assert "        INTEGER order_id PK, FK\n" in picture


def test_a_database_looks_as_its_models(database_url: str) -> None:
    compare_database_and_models(database_url)


def test_mariadb_looks_as_its_models(mariadb_url: str) -> None:
    compare_database_and_models(mariadb_url)


def compare_database_and_models(url: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    models = metadata()
    models.create_all(engine)
    with engine.connect() as connection:
        picture = mermaid(snapshot(connection))
    assert relations(picture) == RELATIONS
    assert attributes(picture) == attributes(mermaid(models))


@pytest.mark.parametrize(
    ("element", "options"),
    [
        (sa.func.lower(sa.column("customer")), {}),
        (sa.text("lower(customer)"), {}),
        (sa.column("customer"), {"postgresql_where": sa.text("number > 0")}),
        (sa.column("customer"), {"sqlite_where": sa.text("number > 0")}),
        (sa.column("customer"), {"mysql_length": {"customer": 2}}),
    ],
)
def test_a_unique_index_of_less_than_columns_and_all_rows(
    element: sa.ColumnElement[str], options: dict[str, Any]
) -> None:
    models = sa.MetaData()
    sa.Table("customer", models, sa.Column("name", sa.String(5), primary_key=True))
    sa.Table(
        "order",
        models,
        sa.Column("number", sa.Integer),
        sa.Column("customer", sa.ForeignKey("customer.name")),
        sa.Index("ix", element, unique=True, **options),
    )
    picture = mermaid(models)
    assert relations(picture) == {("customer", "|o--o{", "order", "customer")}
    assert "UK" not in picture


def test_a_part() -> None:
    for only in ("order", ["ord*"]):
        assert relations(mermaid(metadata(), only=only)) == {
            ("order", "|o--o{", "order", "parent")
        }


def test_schemas_and_comments(pg_url: str) -> None:
    models = sa.MetaData()
    for schema in ("a", "b"):
        sa.Table(
            "t",
            models,
            sa.Column("id", sa.Integer, primary_key=True, comment='the "id"\n#1'),
            sa.Column("of", sa.ForeignKey("b.t.id")),
            schema=schema,
        )
    engine = sa.create_engine(pg_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SCHEMA a"))
        connection.execute(sa.text("CREATE SCHEMA b"))
        models.create_all(connection)
    for picture in (mermaid(models), mermaid(snapshot(engine))):
        assert sorted(re.findall(r'\["(.*)"\]', picture)) == ["a.t", "b.t"]
        assert picture.count("|o--o{") == 2
        assert ' id PK "the #34;id#34; #35;1"\n' in picture


HOSTILE = ['a"b', "1st", "a b", "%%", "größe", "}", "- x", "<b>", "a\\b", "`c`", "*d*"]


def test_hostile_names() -> None:
    models = sa.MetaData()
    for name in HOSTILE:
        columns = [sa.Column(each, sa.Integer) for each in HOSTILE]
        sa.Table(name, models, sa.Column("id", sa.Integer, primary_key=True), *columns)
    picture = mermaid(models)
    for line in picture.splitlines()[1:]:
        assert re.fullmatch(
            r'    (t\d+\["[^"%\\]*"\] \{|\}|    INTEGER [A-Za-z_][\w()\[\]-]*'
            r'( PK)?( "[^"%\\]*")?)',
            line,
            re.ASCII | re.DOTALL,
        ) or any(not sign.isascii() for sign in line)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.run("init", "migrations")
    project.use_database("sqlite:///app.db")
    project.use_models()
    project.write("models.py", MODELS)
    return project


def test_the_command(project: Project) -> None:
    project.run("revision", "--autogenerate", "-m", "first")
    project.run("upgrade", "head")
    of_models = project.run("catalog", "--models").stdout
    of_database = project.run("catalog").stdout
    by_url = project.run("catalog", "--url", "sqlite:///app.db").stdout
    assert relations(of_models) == relations(of_database) == RELATIONS
    assert by_url == of_database
    assert "alembic_version" not in of_database
    part = project.run("catalog", "--only", "order", "--only", "line").stdout
    assert {names[0] for names in relations(part)} == {"order"}

    text = project.run("catalog", "--format", "json").stdout
    assert json.loads(text)["backend"] == "sqlite"
    assert Catalog.from_json(text) == snapshot(project.root / "app.db")


def test_models_that_are_not_named(project: Project) -> None:
    project.replace(
        "migrations/env.py",
        "from models import metadata as target_metadata",
        "target_metadata = None",
    )
    done = project.run("catalog", "--models", status=255)
    assert "names no models: target_metadata is None" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "json", "--models"), "the catalog of a database as a whole"),
        (("--models", "--url", "sqlite:///app.db"), "not with --url"),
    ],
)
def test_what_has_no_meaning_together(
    project: Project, arguments: tuple[str, ...], message: str
) -> None:
    assert message in project.run("catalog", *arguments, status=255).stdout
