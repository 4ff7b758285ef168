import pytest
import sqlalchemy as sa
from alembic_c.testkit.suite import test_no_revision_was_edited

@pytest.mark.parametrize("revision", ["r2", "r3"])
def test_rows_are_kept(database_before, revision):
    with database_before(revision) as database:
        with database.engine.begin() as connection:
            connection.execute(sa.text("INSERT INTO t1 (id, name) VALUES (1, 'a')"))
            assert not sa.inspect(connection).has_table(revision.replace("r", "t"))
        for step in (database.upgrade, database.downgrade, database.upgrade):
            step()
            with database.engine.connect() as connection:
                found = connection.execute(sa.text("SELECT id, name FROM t1")).all()
                assert found == [(1, "a")]
        database.upgrade("heads")
        assert sa.inspect(database.engine).has_table("t3")
