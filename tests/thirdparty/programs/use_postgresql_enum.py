"""alembic-postgresql-enum: enums made, changed, renamed and dropped by autogenerate.

usage: python use_postgresql_enum.py URL
"""

import os
import sys

import sqlalchemy as sa
from project import Project
from sqlalchemy.dialects import postgresql as pg

IMPORTS = """
import os
import sys
sys.path.insert(0, {here!r})
import alembic_postgresql_enum
import use_postgresql_enum as program
target = program.STAGES[int(os.environ["STAGE"])]()
"""


def table(metadata: sa.MetaData, *columns: sa.Column) -> None:
    sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)


def stage(*columns):
    def build() -> sa.MetaData:
        metadata = sa.MetaData()
        table(metadata, *(column() for column in columns))
        return metadata

    return build


def enum(*values, name="mood", **options):
    return pg.ENUM(*values, name=name, **options)


# No column becomes an enum that was none: upstream's migration cannot be run then.
STAGES = [
    stage(),
    stage(lambda: sa.Column("a", enum("sad", "ok"))),
    stage(
        lambda: sa.Column("a", enum("sad", "ok", "happy"), server_default="ok"),
        lambda: sa.Column("b", pg.ARRAY(enum("x", "y", name="letters"))),
    ),
    stage(
        lambda: sa.Column("a", enum("happy", "ok"), server_default="happy"),
        lambda: sa.Column("b", pg.ARRAY(enum("x", "z", name="letters"))),
        lambda: sa.Column("c", enum("x", "z", name="letters"), nullable=False),
    ),
    stage(
        lambda: sa.Column("s", sa.String(20)),
        lambda: sa.Column("c", enum("x", "z", "w", name="letters"), nullable=False),
        lambda: sa.Column("d", sa.Enum("one", "two", name="count")),
    ),
    # One column less at a time: upstream's order of several is that of a set.
    stage(
        lambda: sa.Column("s", sa.String(20)),
        lambda: sa.Column("c", enum("x", "z", "w", name="letters"), nullable=False),
    ),
    stage(lambda: sa.Column("a", enum("happy", "ok"))),
    stage(),
]

if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    project = Project(sys.argv[1], IMPORTS.format(here=here), "compare_type=True")
    for number in range(len(STAGES)):
        os.environ["STAGE"] = str(number)
        project.revision(f"stage {number}")
        project.run("upgrade", "head")
        project.run("check")
    project.run("upgrade", "base:r4", sql=True)
    for _ in STAGES:
        project.run("downgrade", "-1")
    project.run("upgrade", "head")
    project.run("current")
