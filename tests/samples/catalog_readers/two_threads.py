import sys, threading
from alembic_c import _catalog, _sqlite3
from alembic_c.catalog import _read

def read(rows, barrier):
    reader = _catalog.SqliteReader()
    barrier.wait()
    try:
        reader.feed(None, rows)
    except (RuntimeError, _catalog.DatabaseError) as error:
        outcomes.append(str(error))
    else:
        outcomes.append(len(reader.finish()))

outcomes = []
sys.setswitchinterval(1e-6)
for _ in range(100):
    rows = _sqlite3.Database(sys.argv[1]).rows(_catalog.SqliteReader().sql("main"))
    barrier = threading.Barrier(2)
    threads = [threading.Thread(target=read, args=(rows, barrier)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
assert outcomes.count(400) == 100, outcomes
# The other thread comes while they are read, or after their end.
told = {"these rows are being read already", "the database is closed"}
assert set(outcomes) - {400} <= told, outcomes
