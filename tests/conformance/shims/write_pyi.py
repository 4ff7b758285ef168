"""Where upstream's tests look for the stub generator: runs this project's own."""

import runpy
import sys
from pathlib import Path

import alembic_c

project = Path(alembic_c.__file__).resolve().parent.parent
sys.argv[0] = str(project / "tools" / "write_stubs.py")
runpy.run_path(sys.argv[0], run_name="__main__")
