"""The cyclic garbage collector in the process of a command.

Starting a command makes hundreds of thousands of objects that live as long as it does,
nearly all of them in modules.  Collections meanwhile find nothing, and later ones, the
one at the end included, walk over all of it again; that is up to a fifth of a command.
So the collector rests until `env.py` is run, and leaves alone for good what was there
by then.  What `env.py` and migrations make is collected as ever: memory stays as it
would be, and what they leave behind is finalised in the end, as by Python without us.

Only the console scripts ask for this: in a program's process the collector is its own.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_resting = False


@contextmanager
def at_rest() -> Iterator[None]:
    """Collect nothing in a block until `resume` is called in it.

    Without effect if the collector is off anyway.
    """
    global _resting
    if gc.isenabled():
        gc.disable()
        _resting = True
    try:
        yield
    finally:
        resume()


def resume() -> None:
    """Collect again, but not what exists now; without effect if not in `at_rest`."""
    global _resting
    if _resting:
        _resting = False
        gc.freeze()
        gc.enable()
