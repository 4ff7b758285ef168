"""`alembic doctor`: each planted fault is found, and its remedy mends it."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from alembic_c import command
from alembic_c.config import Config
from alembic_c.production import _doctor_verb
from tests.support import alembic_name, mariadb, pgbouncer
from tests.support.project import Project
from tests.testkit.tree import Tree

Findings = list[dict[str, Any]]


class Patient:
    """A project on a database of its own, migrated to its head."""

    def __init__(self, root: Path, url: str) -> None:
        self.tree = Tree(root)
        text = self.tree.ini.read_text()
        escaped = url.replace("%", "%%")
        self.tree.ini.write_text(f"{text}sqlalchemy.url = {escaped}\n")
        self.project = Project(root)
        command.upgrade(self.tree.config, "head")
        self.engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )

    def execute(self, *statements: str) -> None:
        with self.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def scalar(self, query: str) -> Any:
        with self.engine.connect() as connection:
            return connection.exec_driver_sql(query).scalar()

    def findings(self) -> Findings:
        out = io.StringIO()
        config = Config(str(self.tree.ini), stdout=out)
        status = _doctor_verb.run(config, Namespace(format="json"))
        document = json.loads(out.getvalue())
        assert document["format"] == 1
        found: Findings = document["findings"]
        assert status == (1 if found else 0)
        return found

    def checks(self) -> list[str]:
        return [each["check"] for each in self.findings()]

    def mend(self) -> None:
        """Run the SQL of all remedies."""
        for each in self.findings():
            self.execute(*(line for line in each["remedy"] if line.endswith(";")))


@pytest.fixture(autouse=True)
def our_name() -> Iterator[None]:
    with alembic_name.ours():
        yield


@pytest.fixture
def sqlite(tmp_path: Path) -> Patient:
    return Patient(tmp_path, f"sqlite:///{tmp_path / 'app.db'}")


@pytest.fixture
def postgresql(tmp_path: Path, pg_url: str) -> Iterator[Patient]:
    patient = Patient(tmp_path, pg_url)
    yield patient
    patient.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def patient(request: pytest.FixtureRequest, tmp_path: Path) -> Patient:
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        return Patient(tmp_path, mariadb.emptied(server, "mariadb"))
    found: Patient = request.getfixturevalue(request.param)
    return found


def test_a_clean_database(patient: Patient) -> None:
    assert patient.findings() == []
    done = patient.project.run("doctor")
    assert done.stdout == "Nothing is wrong.\n"


def test_rows_too_many(patient: Patient) -> None:
    patient.execute("INSERT INTO alembic_version VALUES ('r1')")
    (found,) = patient.findings()
    assert (found["check"], found["subject"]) == ("needless-row", "r1")
    patient.mend()
    assert patient.findings() == []
    assert patient.scalar("SELECT version_num FROM alembic_version") == "r3"


def test_a_row_twice(patient: Patient) -> None:
    patient.execute(
        "DROP TABLE alembic_version",
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "INSERT INTO alembic_version VALUES ('r3'), ('r3')",
    )
    (found,) = patient.findings()
    assert (found["check"], found["subject"]) == ("doubled-row", "r3")
    for line in found["remedy"]:
        if "PRIMARY KEY" not in line or patient.engine.dialect.name != "sqlite":
            patient.execute(line)
    assert patient.findings() == []


def test_a_revision_that_no_file_has(patient: Patient) -> None:
    patient.execute("UPDATE alembic_version SET version_num = 'ahead''s'")
    (found,) = patient.findings()
    assert (found["check"], found["subject"]) == ("unknown-revision", "ahead's")
    assert "git log" in found["remedy"][0]


def test_a_database_without_a_revision(patient: Patient) -> None:
    patient.execute("DELETE FROM alembic_version")
    (found,) = patient.findings()
    assert found["check"] == "unstamped"
    assert "(t1 and 2 more)" in found["problem"]
    command.stamp(patient.tree.config, "r3")
    assert patient.findings() == []


def test_several_heads(patient: Patient) -> None:
    patient.tree.add(4, down="r2")
    (found,) = patient.findings()
    assert found["check"] == "several-heads"
    assert found["remedy"][0] == "alembic merge heads"


def test_one_id_in_two_files(sqlite: Patient) -> None:
    text = (sqlite.tree.versions / "r2.py").read_text()
    (sqlite.tree.versions / "copy.py").write_text(text)
    with pytest.warns(UserWarning, match="present more than once"):
        (found,) = sqlite.findings()
    assert (found["check"], found["subject"]) == ("one-id-in-two-files", "r2")
    assert "copy.py" in found["problem"]


def test_a_copy_whose_original_is_there(patient: Patient) -> None:
    patient.execute("CREATE TABLE _alembic_tmp_t1 (id int)")
    assert patient.checks() == ["batch-leftover"]
    patient.mend()
    assert patient.findings() == []
    assert patient.scalar("SELECT count(*) FROM t1") == 0


def test_the_only_copy_is_kept(patient: Patient) -> None:
    patient.execute(
        "INSERT INTO t1 (id) VALUES (7)", "ALTER TABLE t1 RENAME TO _alembic_tmp_t1"
    )
    assert patient.checks() == ["batch-leftover"]
    patient.mend()
    assert patient.findings() == []
    assert patient.scalar("SELECT id FROM t1") == 7


def test_a_copy_whose_name_is_cut(patient: Patient) -> None:
    long = "a_table_with_a_name_that_is_longer_than_others"
    cut = f"_alembic_tmp_{long}"[:50]
    patient.execute(f"CREATE TABLE {cut} (id int)")
    (found,) = (f for f in patient.findings() if f["check"] == "batch-leftover")
    assert "only copy" in found["problem"]
    assert "DROP" not in " ".join(found["remedy"])
    patient.execute(f"CREATE TABLE {long} (id int)")
    (found,) = (f for f in patient.findings() if f["check"] == "batch-leftover")
    assert found["remedy"][0] == f"if it is a copy of {long}:"


def test_models_that_are_not_imported(patient: Patient) -> None:
    text = patient.tree.env.read_text()
    patient.tree.env.write_text(text.replace("=metadata", "=type(metadata)()"))
    assert patient.checks() == ["no-models"]


def test_what_nobody_knows(patient: Patient) -> None:
    patient.execute(
        "CREATE TABLE stranger (id int)",
        "CREATE TABLE known_by_file (id int)",
        "CREATE TABLE spatial_ref_sys (id int)",
    )
    with (patient.tree.versions / "r3.py").open("a") as stream:
        stream.write("# op.execute('CREATE TABLE known_by_file')\n")
    text = patient.tree.env.read_text()
    patient.tree.env.write_text(
        text.replace(
            "target_metadata=metadata",
            "target_metadata=metadata, include_name=lambda name, kind, parents: "
            "name != 'spatial_ref_sys'",
        )
    )
    (found,) = patient.findings()
    assert (found["check"], found["subject"]) == ("unknown-object", "stranger")
    assert 'op.execute("DROP TABLE stranger")' in found["remedy"][0]


def test_objects_beside_tables(postgresql: Patient) -> None:
    postgresql.execute(
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SEQUENCE own",
        "CREATE EXTENSION hstore",
    )
    found = postgresql.findings()
    assert [each["subject"] for each in found] == ["mood", "f", "own"]
    assert "DROP TYPE mood" in found[0]["remedy"][0]


def test_an_index_that_a_concurrent_build_left(postgresql: Patient) -> None:
    postgresql.execute("INSERT INTO t1 (id, name) VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(sa.exc.IntegrityError):
        postgresql.execute('CREATE UNIQUE INDEX CONCURRENTLY "Ix 1" ON t1 (name)')
    (found,) = postgresql.findings()
    assert (found["check"], found["subject"]) == ("invalid-index", "public.Ix 1")
    assert "twice" in found["remedy"][0]
    postgresql.execute("DELETE FROM t1 WHERE id = 2")
    postgresql.mend()
    assert postgresql.findings() == []
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = '\"Ix 1\"'::regclass"
    assert postgresql.scalar(valid) is True


def test_what_reindex_left(postgresql: Patient) -> None:
    postgresql.execute("INSERT INTO t1 (id, name) VALUES (1, 'a'), (2, 'a')")
    with pytest.raises(sa.exc.IntegrityError):
        postgresql.execute("CREATE UNIQUE INDEX CONCURRENTLY ix_ccnew ON t1 (name)")
    (found,) = postgresql.findings()
    assert found["remedy"] == ["DROP INDEX CONCURRENTLY public.ix_ccnew;"]
    postgresql.mend()
    assert postgresql.findings() == []


def test_a_constraint_that_is_not_valid(postgresql: Patient) -> None:
    postgresql.execute(
        "ALTER TABLE t1 ADD CONSTRAINT ck CHECK (id > 0) NOT VALID",
        "ALTER TABLE t2 ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES t1 NOT VALID",
    )
    assert postgresql.checks() == ["not-valid-constraint", "not-valid-constraint"]
    postgresql.mend()
    assert postgresql.findings() == []


BEGINS = (
    "with engine.connect() as connection:\n    connection.exec_driver_sql('SELECT 1')"
)


def test_a_statement_before_the_transaction(patient: Patient) -> None:
    text = patient.tree.env.read_text()
    begins = text.replace("with engine.connect() as connection:", BEGINS)
    assert begins != text
    patient.tree.env.write_text(begins)
    assert patient.checks() == ["begun-transaction"]
    # The two ways to mend it.
    patient.tree.env.write_text(
        begins.replace(BEGINS, f"{BEGINS}\n    connection.commit()")
    )
    assert patient.findings() == []
    patient.tree.env.write_text(begins.replace("engine.connect()", "engine.begin()"))
    assert patient.findings() == []


def test_a_pooler_in_transaction_mode(tmp_path: Path, pg_url: str) -> None:
    with pgbouncer.pooled(pg_url) as url:
        (found,) = Patient(tmp_path, url).findings()
    assert found["check"] == "transaction-pooler"
    assert "connect to the server itself" in found["remedy"][0]


def test_nothing_is_written(patient: Patient) -> None:
    patient.execute("DROP TABLE alembic_version")
    assert patient.checks() == ["unstamped"]
    assert "alembic_version" not in sa.inspect(patient.engine).get_table_names()


def test_text(sqlite: Patient) -> None:
    sqlite.execute("CREATE TABLE _alembic_tmp_t1 (id int)")
    done = sqlite.project.run("doctor", status=1)
    assert done.stdout == (
        "batch-leftover: _alembic_tmp_t1\n"
        "  a batch migration broke off before it removed the original\n"
        "    DROP TABLE _alembic_tmp_t1;\n"
    )
