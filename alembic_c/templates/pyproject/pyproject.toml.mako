[tool.alembic]

# Where env.py, script.py.mako and the revision files live.  %(here)s is the directory
# of this file; write slashes on every system.
script_location = "${script_location}"

# How new revision files are named.  This is what happens without the option:
# file_template = "%%(rev)s_%%(slug)s"
# This puts the date in front, so that files sort by age:
# file_template = "%%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s"
# This makes a directory for each month; turn recursive_version_locations on as well:
# file_template = "%%(year)d/%%(month).2d/%%(day).2d_%%(hour).2d%%(minute).2d_%%(second).2d_%%(rev)s_%%(slug)s"

# Goes to the front of sys.path, so that env.py can import the project.
prepend_sys_path = [
    "."
]

# Time zone of the dates in revision files, such as "Europe/Berlin"; local time if absent.
# Systems without a time zone database need the package tzdata.
# timezone = ""

# The message becomes part of the file name, up to this many characters.
# truncate_slug_length = 40

# true runs env.py for each new revision, not only with --autogenerate.
# revision_environment = false

# true also accepts compiled revision files (.pyc) whose source is gone.
# sourceless = false

# true: one upgrade, downgrade or stamp at a time works on a database, the others wait.
# migration_lock = false

# Directories of revision files, if it is not "versions" below script_location.  With
# several, the first revision of a branch says which one it wants with --version-path.
# version_locations = [
#     "%(here)s/alembic/versions",
#     "%(here)s/foo/bar"
# ]

# true looks for revision files in subdirectories too.
# recursive_version_locations = false

# Encoding of new revision files.
# output_encoding = "utf-8"

# Programs that are run on each new revision file, in this order.
# REVISION_SCRIPT_FILENAME stands for its path.

# Format it with a command that some package installs:
# [[tool.alembic.post_write_hooks]]
# name = "black"
# type = "console_scripts"
# entrypoint = "black"
# options = "-l 79 REVISION_SCRIPT_FILENAME"

# Lint it with a module that Python can run:
# [[tool.alembic.post_write_hooks]]
# name = "ruff"
# type = "module"
# module = "ruff"
# options = "check --fix REVISION_SCRIPT_FILENAME"

# Or run any program that is on the PATH:
# [[tool.alembic.post_write_hooks]]
# name = "ruff"
# type = "exec"
# executable = "ruff"
# options = "check --fix REVISION_SCRIPT_FILENAME"
