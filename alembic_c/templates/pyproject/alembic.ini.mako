# The database and the logging; the other options are in pyproject.toml.

[alembic]
# The database, as an SQLAlchemy URL.  Only env.py reads it, and may take it from anywhere
# else.  A percent sign in it is written twice.
sqlalchemy.url = driver://user:pass@localhost/dbname

# How the commands log; env.py hands these sections to logging.config.fileConfig().
[loggers]
keys = root,sqlalchemy,alembic

[handlers]
keys = console

[formatters]
keys = generic

[logger_root]
level = WARNING
handlers = console
qualname =

[logger_sqlalchemy]
level = WARNING
handlers =
qualname = sqlalchemy.engine

[logger_alembic]
level = INFO
handlers =
qualname = alembic

[handler_console]
class = StreamHandler
args = (sys.stderr,)
level = NOTSET
formatter = generic

[formatter_generic]
format = %(levelname)-5.5s [%(name)s] %(message)s
datefmt = %H:%M:%S
