import sqlalchemy as sa
from alembic_c.catalog import Catalog, snapshot

def made(*statements):
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        return snapshot(connection)

ONE = made("CREATE TABLE t (a INT, b INT)")
OTHER = made("CREATE TABLE t (b INT, a TEXT NOT NULL)", "CREATE TABLE u (a)")

def test_catalogs():
    assert ONE == OTHER

def test_changes():
    assert ONE.diff(OTHER) == []

def test_other_lists():
    assert [1] == []
