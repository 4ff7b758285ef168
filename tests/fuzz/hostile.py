"""Values that run code when they are looked at, for the fuzzer of the API."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# How deep calls from inside of calls go.
MAX_DEPTH = 3
OUR_MODULES = {
    f"alembic_c.{name}" for name in ("_core", "_catalog", "_libpq", "_sqlite3")
}
Call = Callable[[], object]


class Trouble(Exception):
    """What hostile objects raise."""


class World:
    """The values of one round, and what hostile objects do when they are looked at.

    rng: all choices are its; directory: for files; calls: what the modules offer.
    """

    def __init__(self, rng: random.Random, directory: Path) -> None:
        self.rng = rng
        self.directory = directory
        self.depth = 0
        self.calls: list[Call] = []
        # Objects of the modules that calls have made, newest last.
        self.made: list[Any] = []
        self.lists: list[list[Any]] = [[], [], []]
        self.dicts: list[dict[Any, Any]] = [{}, {}]

    def keep(self, value: object) -> None:
        self.made.append(value)
        del self.made[:-60]

    def disturb(self) -> None:
        """Do something that the code which is running does not expect."""
        rng = self.rng
        kind = rng.randrange(14)
        if kind == 0:
            raise rng.choice((Trouble, KeyError, AttributeError, RecursionError))
        if kind == 1:
            gc.collect()
        elif kind == 2:
            rng.choice(self.lists).clear()
        elif kind == 3:
            rng.choice(self.dicts).clear()
        elif kind == 4:
            rng.choice(self.lists).append(self.value())
        elif kind == 5:
            self.made.clear()
        elif kind in (6, 7):
            self.call()
        elif kind == 8 and self.depth < 2:
            self.poke_what_can_be_found()

    def call(self) -> None:
        """Make one call; any exception but SystemError is its answer."""
        if self.depth >= MAX_DEPTH:
            return
        self.depth += 1
        try:
            self.keep(self.rng.choice(self.calls)())
        except SystemError:
            raise
        except Exception:  # noqa: BLE001 - an answer
            pass
        finally:
            self.depth -= 1

    def poke_what_can_be_found(self) -> None:
        """Use objects of the modules that only the garbage collector knows."""
        found = [o for o in gc.get_objects() if type(o).__module__ in OUR_MODULES]
        for each in self.rng.sample(found, min(len(found), 5)):
            self.keep(each)
            # Lists that hold what is ours, and that are not this program's own.
            for holder in gc.get_referrers(each)[:10]:
                if type(holder) is list and holder is not self.made and holder != found:
                    self.lists[0] = holder
                    break

    # ---- values ----

    def text(self) -> str:
        rng = self.rng
        if rng.random() < 0.7:
            return rng.choice("abcdefgh") * rng.choice((1, 1, 1, 4))
        texts = ("", "\0", "a\0b", "\ud800", "é", "\U0001f600", "a@b", "-1", "head")
        return rng.choice(texts)

    def value(self) -> Any:
        """Return anything."""
        rng = self.rng
        kind = rng.randrange(18)
        plain: tuple[Any, ...] = (None, True, 0, -1, 2**70, 1.5, b"a", object, ...)
        if kind < 5:
            return self.text()
        if kind < 8:
            return rng.choice(plain)
        if kind == 8:
            return tuple(self.value() for _ in range(rng.randrange(3)))
        if kind == 9:
            return rng.choice(self.lists)
        if kind == 10:
            return rng.choice(self.dicts)
        if kind == 11:
            return iter([self.text(), self.text()])
        if kind < 15:
            return rng.choice((Hostile, HostileText))(self)
        return rng.choice(self.made) if self.made else None

    def texts(self) -> Any:
        """Return something like names: one, several, none; now and then anything."""
        rng = self.rng
        kind = rng.randrange(10)
        if kind < 3:
            return self.text()
        if kind < 5:
            return None
        if kind < 8:
            sort = rng.choice((tuple, list, set, frozenset))
            return sort(self.text() for _ in range(rng.randrange(4)))
        return self.value()

    def sequence(self, of: Callable[[], Any]) -> Any:
        """Return something iterable with values, which may change under a call."""
        rng = self.rng
        values = [of() for _ in range(rng.randrange(6))]
        kind = rng.randrange(6)
        if kind == 0:
            return tuple(values)
        if kind == 1:
            return self.generate(values)
        if kind == 2:
            return self.value()
        mine = rng.choice(self.lists)
        mine[:] = values
        return mine

    def generate(self, values: list[Any]) -> Iterator[Any]:
        for value in values:
            self.disturb()
            yield value


class Hostile:
    """Disturbs whenever it is looked at, in any way."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _look(self) -> World:
        world: World = object.__getattribute__(self, "_world")
        world.disturb()
        return world

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._look().value()

    def __hash__(self) -> int:
        return self._look().rng.randrange(4)

    def __eq__(self, other: object) -> bool:
        return self._look().rng.random() < 0.5

    def __lt__(self, other: object) -> bool:
        return self._look().rng.random() < 0.5

    def __bool__(self) -> bool:
        return self._look().rng.random() < 0.5

    def __len__(self) -> int:
        return self._look().rng.choice((0, 1, 2**40, -1))

    def __iter__(self) -> Iterator[Any]:
        world = self._look()
        return world.generate([world.value() for _ in range(world.rng.randrange(3))])

    def __getitem__(self, key: object) -> Any:
        world = self._look()
        if world.rng.random() < 0.5:
            raise IndexError
        return world.value()

    def __index__(self) -> int:
        return self._look().rng.choice((0, -1, 2**70))

    def __fspath__(self) -> Any:
        world = self._look()
        return world.rng.choice((str(world.directory), b"x", 1, "a\0b"))

    def __call__(self, *args: object, **kw: object) -> Any:
        return self._look().value()

    def __repr__(self) -> str:
        self._look()
        return "<hostile>"

    def __del__(self) -> None:
        world: World = object.__getattribute__(self, "_world")
        if world.depth < MAX_DEPTH and world.rng.random() < 0.1:
            world.call()


class HostileText(str):
    """A text that disturbs when it is compared or hashed."""

    __slots__ = ("world",)
    world: World

    def __new__(cls, world: World) -> HostileText:
        self = super().__new__(cls, world.text())
        self.world = world
        return self

    def __hash__(self) -> int:
        self.world.disturb()
        return str.__hash__(self)

    def __eq__(self, other: object) -> bool:
        self.world.disturb()
        return str.__eq__(self, other) is True

    def __lt__(self, other: str) -> bool:
        self.world.disturb()
        return str.__lt__(self, other)
