"""alembic_utils: entities of PostgreSQL made, replaced and dropped by autogenerate.

usage: python use_alembic_utils.py URL
"""

import sys

from project import Project

IMPORTS = """
import os
import sys
sys.path.insert(0, os.path.dirname({here!r}))
from alembic_utils.replaceable_entity import register_entities, registry
import use_alembic_utils as program
registry._entities.clear()
register_entities(program.ENTITIES[int(os.environ["STAGE"])])
target = program.METADATA
"""

import sqlalchemy as sa  # noqa: E402
from alembic_utils.pg_extension import PGExtension  # noqa: E402
from alembic_utils.pg_function import PGFunction  # noqa: E402
from alembic_utils.pg_grant_table import PGGrantTable, PGGrantTableChoice  # noqa: E402
from alembic_utils.pg_materialized_view import PGMaterializedView  # noqa: E402
from alembic_utils.pg_policy import PGPolicy  # noqa: E402
from alembic_utils.pg_trigger import PGTrigger  # noqa: E402
from alembic_utils.pg_view import PGView  # noqa: E402

METADATA = sa.MetaData()
sa.Table(
    "account",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(50), server_default="nobody"),
    sa.Column("owner", sa.Integer, sa.ForeignKey("account.id", name="fk_owner")),
)


def upper(word: str) -> PGFunction:
    return PGFunction(
        "public",
        "shout(some_text text)",
        f"RETURNS text AS $$ SELECT upper(some_text) || '{word}'; $$ language SQL",
    )


NOTE = PGFunction(
    "public",
    "note_change()",
    "RETURNS trigger LANGUAGE plpgsql AS $$ begin return new; end; $$",
)
TRIGGER = PGTrigger(
    "public",
    "note_account",
    "BEFORE INSERT ON public.account FOR EACH ROW EXECUTE PROCEDURE "
    "public.note_change()",
    on_entity="public.account",
)
VIEW = PGView("public", "emails", "SELECT id, email FROM public.account")
VIEW_2 = PGView("public", "emails", "SELECT id, email, owner FROM public.account")
MATERIAL = PGMaterializedView("public", "kept", "SELECT count(*) n FROM account")
POLICY = PGPolicy(
    "public", "mine", on_entity="account", definition="for all using (id > 3)"
)
EXTENSION = PGExtension("public", "uuid-ossp")
GRANT = PGGrantTable(
    "public",
    "account",
    "postgres_reader",
    PGGrantTableChoice.SELECT,
    ["id", "email"],
)

# One change at a time: the package's order of several is that of a set of classes.
ENTITIES = [
    [],
    [upper("!")],
    [upper("?!")],
    [upper("?!"), NOTE],
    [upper("?!"), NOTE, TRIGGER],
    [upper("?!"), NOTE, TRIGGER, VIEW],
    [NOTE, TRIGGER, VIEW],
    [NOTE, TRIGGER, VIEW_2],
    [NOTE, TRIGGER, VIEW_2, POLICY],
    [NOTE, TRIGGER, VIEW_2, POLICY, MATERIAL],
    [NOTE, TRIGGER, VIEW_2, POLICY, MATERIAL, GRANT],
    [NOTE, TRIGGER, VIEW_2, MATERIAL, GRANT],
    [NOTE, TRIGGER, VIEW_2, MATERIAL, GRANT, EXTENSION],
]

if __name__ == "__main__":
    import os

    url = sys.argv[1]
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        role = connection.scalar(
            sa.text("select 1 from pg_roles where rolname = 'postgres_reader'")
        )
        if not role:
            connection.execute(sa.text("create role postgres_reader"))
    project = Project(url, IMPORTS.format(here=os.path.abspath(__file__)))
    for stage in range(len(ENTITIES)):
        os.environ["STAGE"] = str(stage)
        project.revision(f"stage {stage}")
        project.run("upgrade", "head")
        project.run("check")
    project.run("upgrade", "base:r13", sql=True)
    for _ in ENTITIES:
        project.run("downgrade", "-1")
    project.run("upgrade", "r2")
    project.run("history", verbose=False)
    project.run("current")
