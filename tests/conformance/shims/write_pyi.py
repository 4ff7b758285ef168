"""Where upstream's tests look for the stub generator: runs this project's own.

Upstream's also writes declarations into operations/base.py ("op_cls", "batch_op"); ours
has none there to be written, and refuses these names.
"""

import runpy
import sys
from pathlib import Path

import alembic_c

sys.argv[0] = str(Path(alembic_c.__file__).parents[1] / "tools" / "write_stubs.py")
runpy.run_path(sys.argv[0], run_name="__main__")
