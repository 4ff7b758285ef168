import importlib, sys, threading
import alembic_c
alembic_c.install()
from alembic_c import command
from alembic_c.config import Config

meet = threading.Barrier(2, timeout=60)
sys.meet_in_the_tests = meet
errors = []

def migrate(name, *targets):
    config = Config("alembic.ini")
    config.attributes["name"] = name
    try:
        for target in targets:
            command.upgrade(config, target)
    except BaseException as error:
        meet.abort()
        errors.append(error)

threads = [
    threading.Thread(target=migrate, args=("one", "b", "c1", "c2")),
    threading.Thread(target=migrate, args=("two", "c1", "x1")),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not errors, errors
