"""pytest plugin: `alembic` is `alembic_c`; `alembic.testing` is too, or upstream's."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import alembic_c

TESTING = Path(os.environ["ALEMBIC_C_CONFORMANCE_TREE"], "alembic", "testing")


class _UpstreamTesting(MetaPathFinder):
    """Find upstream's test support instead of ours."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if fullname != "alembic.testing":
            return None
        return importlib.util.spec_from_file_location(
            fullname,
            TESTING / "__init__.py",
            submodule_search_locations=[str(TESTING)],
        )


alembic_c.install()
if os.environ["ALEMBIC_C_CONFORMANCE_TESTING"] == "upstream":
    sys.meta_path.insert(0, _UpstreamTesting())

# `test_help_text` finds the commands by the module that they say they are from.
import alembic_c.command  # noqa: E402

for _verb in alembic_c.command.VERBS:
    getattr(alembic_c.command, _verb).__module__ = "alembic.command"

# Upstream's stubs differ between Python versions, so its test asks for the newest one.
# Ours do not; the flag is read by nothing but that requirement.
import alembic_c.util.compat  # noqa: E402

alembic_c.util.compat.py314 = True
