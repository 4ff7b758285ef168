"""What is run: packages of others, pinned, and what of them is about Alembic.

An environment holds upstream's Alembic beside the packages.  The same environment runs
both sides; what `import alembic` gives there is decided by PYTHONPATH alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SQLALCHEMY = "SQLAlchemy==2.0.58"
# pytest-alembic cannot be imported with 9.2.
PYTEST = "pytest==8.4.2"
# A URL of the server's database, as the programs below are given it.
PG_URL = "postgresql+psycopg2://{user}:{password}@{host}:{port}/{database}"


@dataclass(frozen=True)
class Package:
    """A package of the index; `distribution==version` installs it."""

    name: str
    version: str

    @property
    def requirement(self) -> str:
        """Return what pip is asked for."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True)
class Suite:
    """Tests of a source distribution, run with pytest on each side.

    tests: files or directories of the source distribution.
    options: of pytest.
    variables: of the environment; {host}, {port}, {user}, {password}, {database} are
        those of the PostgreSQL server, and `server` is to be true.
    quick: those of `tests` that are part of the quick form.
    conftest: a file of `programs/`, where the source distribution leaves out its own.
    """

    package: Package
    environment: str
    tests: tuple[str, ...]
    options: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    server: bool = False
    quick: tuple[str, ...] = ()
    conftest: str = ""

    @property
    def label(self) -> str:
        return self.package.name


@dataclass(frozen=True)
class Program:
    """A program of ours that uses a package; what it prints is compared.

    script: in `programs/`.
    arguments: as `variables` above.
    more: further arguments, which the quick form leaves out.
    on_purpose: patterns of lines of the diff that docs/compatibility.md explains.
    """

    package: Package
    environment: str
    script: str
    arguments: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    server: bool = False
    quick: bool = False
    on_purpose: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.package.name} ({self.script})"


UTILS = Package("alembic_utils", "0.8.8")
PG_ENUM = Package("alembic-postgresql-enum", "1.11.0")
PYTEST_ALEMBIC = Package("pytest-alembic", "0.13.1")
FLASK_MIGRATE = Package("Flask-Migrate", "4.1.0")
FLASK_ALEMBIC = Package("Flask-Alembic", "3.3.0")
DECLARATIVE = Package("sqlalchemy-declarative-extensions", "0.17.0")
ADVANCED = Package("advanced-alchemy", "1.12.0")
GEO = Package("geoalchemy2", "0.20.0")

BIGQUERY = Package("sqlalchemy-bigquery", "1.17.3")
COCKROACH = Package("sqlalchemy-cockroachdb", "2.0.4")
REDSHIFT = Package("sqlalchemy-redshift", "1.0.0")
DATABRICKS = Package("databricks-sqlalchemy", "2.0.10")
STARROCKS = Package("starrocks", "1.3.4")
VERTICA = Package("sqlalchemy-vertica-python", "0.6.3")
SNOWFLAKE = Package("snowflake-sqlalchemy", "2.1.0")
DUCKDB = Package("duckdb-engine", "0.17.0")
SPANNER = Package("sqlalchemy-spanner", "1.20.1")
CLICKHOUSE = Package("clickhouse-sqlalchemy", "0.3.2")

PREFECT = Package("prefect", "3.9.1")
AIRFLOW = Package("apache-airflow-core", "3.3.2")
MLFLOW = Package("mlflow", "3.17.2")
DAGSTER = Package("dagster", "1.13.28")
OPTUNA = Package("optuna", "5.0.0")

# name -> what is installed beside SQLAlchemy, upstream's Alembic and pytest.  Packages
# that do not see each other share one, because an environment costs half a minute.
ENVIRONMENTS: dict[str, tuple[str, ...]] = {
    "small": (
        UTILS.requirement,
        PG_ENUM.requirement,
        PYTEST_ALEMBIC.requirement,
        FLASK_MIGRATE.requirement,
        FLASK_ALEMBIC.requirement,
        COCKROACH.requirement,
        REDSHIFT.requirement,
        "Flask-SQLAlchemy",
        "psycopg2-binary",
    ),
    "declarative": (
        DECLARATIVE.requirement,
        UTILS.requirement,
        PYTEST_ALEMBIC.requirement,
        "pytest-mock-resources[docker]==2.15.0",
        "psycopg[binary]",
        "psycopg2-binary",
        "coverage",
        "pydantic",
        "pytest-forked",
        "pymysql",
        "sqlglot",
    ),
    "geoalchemy2": (GEO.requirement, "psycopg2-binary", "shapely", "packaging"),
    "advanced-alchemy": (
        f"advanced-alchemy[cli]=={ADVANCED.version}",
        "litestar[cli]==2.25.0",
        SPANNER.requirement,
        "aiosqlite",
        "argon2-cffi",
        "asyncpg",
        "cryptography",
        "dishka",
        "dogpile.cache",
        "fsspec",
        "obstore",
        "orjson",
        "passlib",
        "psycopg[binary]",
        "pwdlib",
        "pytest-asyncio",
        "pytest-click",
        "pytest-databases[postgres,mysql,oracle,mssql,cockroachdb,spanner,bigquery]",
        "pytest-lazy-fixtures",
        "pytest-mock",
        "pytest-xdist",
        "sqlmodel",
    ),
    "dialects": (
        BIGQUERY.requirement,
        DATABRICKS.requirement,
        STARROCKS.requirement,
        VERTICA.requirement,
        SNOWFLAKE.requirement,
        DUCKDB.requirement,
        SPANNER.requirement,
        CLICKHOUSE.requirement,
        "mock",
        "syrupy",
    ),
    "prefect": (PREFECT.requirement,),
    "airflow": (AIRFLOW.requirement,),
    "mlflow": (MLFLOW.requirement,),
    "dagster": (DAGSTER.requirement,),
    "optuna": (OPTUNA.requirement,),
}

# Where pytest-mock-resources finds a server in place of a container.
_MOCK_RESOURCES = {
    "PMR_POSTGRES_HOST": "{host}",
    "PMR_POSTGRES_PORT": "{port}",
    "PMR_POSTGRES_USERNAME": "{user}",
    "PMR_POSTGRES_PASSWORD": "{password}",
    "PMR_POSTGRES_ROOT_DATABASE": "{database}",
}

SUITES = (
    Suite(FLASK_MIGRATE, "small", ("tests",), quick=("tests/test_custom_template.py",)),
    Suite(
        REDSHIFT,
        "small",
        ("tests/test_alembic_dialect.py",),
        conftest="conftest_redshift.py",
    ),
    Suite(BIGQUERY, "dialects", ("tests/unit/test_alembic.py",)),
    Suite(SNOWFLAKE, "dialects", ("tests/test_unit_case_sensitivity.py",)),
    Suite(
        DECLARATIVE,
        "declarative",
        ("tests",),
        # What they clear between tests is not where upstream's 1.20.1 keeps it.
        ("--forked", "-p", "no:unraisableexception", "-m", "alembic and not mysql"),
        _MOCK_RESOURCES,
        server=True,
    ),
    Suite(
        ADVANCED,
        "advanced-alchemy",
        (
            "tests/integration/test_alembic_cli_integration.py",
            "tests/integration/test_alembic_commands.py",
            "tests/unit/test_cli.py",
        ),
        (
            "-k",
            "not oracle and not mssql and not spanner and not cockroach "
            "and not asyncmy",
        ),
        {
            "PGHOST": "{host}",
            "PGPORT": "{port}",
            "PGUSER": "{user}",
            "PGPASSWORD": "{password}",
            "PGDATABASE": "{database}",
        },
        server=True,
        conftest="conftest_advanced_alchemy.py",
    ),
    Suite(
        GEO,
        "geoalchemy2",
        ("tests/test_alembic_migrations.py",),
        ("--postgresql_dburl", PG_URL),
        server=True,
    ),
)

# `clickhouse_sqlalchemy.alembic` cannot be imported with upstream's 1.20.1.
# What offline_sql.py is given, and whether it is quick.
_DIALECTS = (
    (COCKROACH, "small", "cockroachdb://u@localhost/d", True),
    (REDSHIFT, "small", "redshift+psycopg2://u@localhost/d", True),
    (BIGQUERY, "dialects", "bigquery://project/data", False),
    (
        DATABRICKS,
        "dialects",
        "databricks://token:t@h?http_path=p&catalog=c databricks.sqlalchemy",
        False,
    ),
    (STARROCKS, "dialects", "starrocks://u@localhost/d starrocks.alembic", False),
    (VERTICA, "dialects", "vertica+vertica_python://u@localhost/d", False),
    (SNOWFLAKE, "dialects", "snowflake://u:p@account/d/s", False),
    (DUCKDB, "dialects", "duckdb:///:memory:", False),
    (
        SPANNER,
        "dialects",
        "spanner+spanner:///projects/p/instances/i/databases/d",
        False,
    ),
    (CLICKHOUSE, "dialects", "clickhouse+native://u@localhost/d", False),
)

# Of the indexes of Prefect's tables batch mode keeps directions, COLLATE, expressions.
_KEPT_IN_PREFECT = (
    r"[-+]CREATE INDEX ix_\w+_asc ON \w+ \(next_scheduled_start_time(?: ASC)?\)",
    r"[+]index ix_flow_run__coalesce_\w+ flow_run",
    r"[-]CREATE INDEX ix_\w+_case_insensitive ON \w+ \(name\)",
    r"[+]CREATE INDEX ix_\w+_case_insensitive ON \w+ \(name COLLATE NOCASE\)",
    r"[-]CREATE UNIQUE INDEX uq_\w+_desc ON \w+ \(\w+, timestamp\)",
    r"[+]CREATE UNIQUE INDEX uq_\w+_desc ON \w+ \(\w+, timestamp DESC\)",
    r"[+]CREATE INDEX ix_flow_run__coalesce_\w+ ON flow_run \(coalesce\(.*\).*\)",
    r"[+]    \('ix_flow_run__coalesce_\w+', 0, 'c', 0\)",
    r"[+]index_xinfo",
    r"[+]    ix_flow_run__coalesce_\w+",
    r"[+]    \([01], -[12], None, 'BINARY', [01]\)",
    r"[-]    \(0, 3, 'name', 'BINARY', 1\)",
    r"[+]    \(0, 3, 'name', 'NOCASE', 1\)",
)

# alembic_utils, pytest-alembic, Flask-Alembic and alembic-postgresql-enum publish
# source distributions without tests, and so do most dialects.
PROGRAMS = (
    Program(UTILS, "small", "use_alembic_utils.py", (PG_URL,), server=True, quick=True),
    Program(
        PG_ENUM, "small", "use_postgresql_enum.py", (PG_URL,), server=True, quick=True
    ),
    Program(
        PYTEST_ALEMBIC,
        "small",
        "use_pytest_alembic.py",
        ("good", "broken"),
        ("behind", "two_heads", "no_way_back"),
        quick=True,
    ),
    Program(FLASK_ALEMBIC, "small", "use_flask_alembic.py", quick=True),
    *(
        Program(
            package, environment, "offline_sql.py", tuple(words.split()), quick=quick
        )
        for package, environment, words, quick in _DIALECTS
    ),
    *(
        Program(package, name, "migrate_application.py", (name,), on_purpose=on_purpose)
        for package, name, on_purpose in (
            (OPTUNA, "optuna", ()),
            (DAGSTER, "dagster", ()),
            (PREFECT, "prefect", _KEPT_IN_PREFECT),
            (MLFLOW, "mlflow", ()),
            (AIRFLOW, "airflow", ()),
        )
    ),
)
