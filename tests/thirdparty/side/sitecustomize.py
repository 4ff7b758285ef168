"""`import alembic` gives this package in each Python that has this directory first.

The environments hold upstream's package.  A run with ours puts this directory, and a
link to the package, on PYTHONPATH, which programs started by the tests inherit.
"""

import alembic_c

alembic_c.install()
