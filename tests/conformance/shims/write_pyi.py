"""Where upstream's tests look for the stub generator: runs this project's own.

Upstream's also writes declarations into operations/base.py ("op_cls", "batch_op").
Ours has none there to be written: the file is as it should be.
"""

import runpy
import sys
from pathlib import Path

import alembic_c

package = Path(alembic_c.__file__).resolve().parent
if {"op_cls", "batch_op"} & {*sys.argv}:
    print((package / "operations" / "base.py").read_text(encoding="utf-8"), end="")
else:
    sys.argv[0] = str(package.parent / "tools" / "write_stubs.py")
    runpy.run_path(sys.argv[0], run_name="__main__")
