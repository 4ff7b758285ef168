"""The quick cases of tools/adoption.py: whose the name `alembic` is, installed by pip.

`make adoption` tries all of them, with uv and pipx and with what others bring.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support import name_distribution
from tools import adoption

pytestmark = pytest.mark.installs

# In, out, there and back, and the other way to go back.
QUICK = [
    ("install UPSTREAM", "install CORE NAME"),
    ("install CORE NAME", "install UPSTREAM"),
    ("install CORE NAME", "uninstall alembic alembic-c", "nothing left"),
    ("install UPSTREAM", "install CORE", "activate", "deactivate"),
]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheels")
    name_distribution.core_wheel(directory)
    name_distribution.name_wheel(directory)
    return directory


def dependencies() -> list[Path]:
    """Return the modules that our package and upstream's need."""
    found = []
    for name in ("sqlalchemy", "mako", "markupsafe", "typing_extensions"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        path = Path(spec.origin)
        found.append(path.parent if path.stem == "__init__" else path)
    return found


@pytest.mark.parametrize("steps", QUICK, ids=", ".join)
def test_as_stated(steps: tuple[str, ...], wheels: Path) -> None:
    (case,) = [case for case in adoption.PIP_CASES if case.steps == steps]
    adoption.try_case(case, wheels, dependencies())


def test_a_case_that_is_not_as_stated_fails(wheels: Path) -> None:
    wrong = adoption.Case("pip", ("install CORE",), adoption.THEIRS, "-", "-")
    with pytest.raises(adoption.Failure, match=r"found .* expected"):
        adoption.try_case(wrong, wheels, dependencies())
