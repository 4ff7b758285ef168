"""A fuzzer of what the extension modules show to Python.

It calls functions, methods and attributes with values of all sorts: wrong types,
objects that run code when they are looked at, which changes the arguments, calls again,
raises, or looks for unfinished objects with gc.get_objects().  Any exception is an
answer, but for SystemError; a crash is none.

    python -m tests.fuzz.fuzz_api --calls 100000 --seed 1 [--module _core] [--round 17]

Calls come in rounds that share no objects; a failure names its round, to be run alone.
With the sanitizers: `make -C csrc python-fuzz`.

To add a module: write a class like `Core` with the calls that make and use its objects,
and put it into `MODULES`.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import random
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from tests.fuzz.api_catalog import Libpq, Readers, Sqlite3
from tests.fuzz.hostile import Call, Hostile, HostileText, Trouble, World

CALLS_A_ROUND = 200


class Core:
    """Calls of `alembic_c._core`."""

    FIELDS: ClassVar[tuple[str, ...]] = ()

    def __init__(self, world: World) -> None:
        from alembic_c import _core
        from alembic_c.script.revision import Revision, RevisionMap

        self.world = world
        self.core: Any = _core
        self.plain: Any = Revision
        self.map_type: Any = RevisionMap
        self.names = [name for name in dir(_core.RevisionBase) if name[:2] != "__"]
        self.types = [Revision, type("Sub", (Revision,), {}), self.overriding()]

    def overriding(self) -> Any:
        """Return a class whose fields are properties that disturb."""
        world = self.world

        def prop(name: str) -> property:
            def read(rev: Any) -> Any:
                world.disturb()
                return vars(rev).get(name, world.rng.choice((None, (), "a")))

            def write(rev: Any, value: Any) -> None:
                world.disturb()
                vars(rev)[name] = value

            return property(read, write)

        chosen = world.rng.sample(self.core.REVISION_FIELDS, world.rng.randint(1, 4))
        return type("Overriding", (self.plain,), {name: prop(name) for name in chosen})

    def calls(self) -> list[Call]:
        return [
            self.make_revision,
            self.make_revision,
            self.read_field,
            self.write_field,
            self.start_again,
            self.load,
            self.load,
            self.load_map,
            self.read_map,
            self.core.touch_graphs,
            self.ask,
            self.ask,
            self.scan_text,
            self.scan_file,
            self.scan_tree,
            self.use_tree,
            self.read_scanned,
        ]

    def one(self, type_: Any) -> Any:
        """Return an object of a type that a call has made; now and then anything."""
        found = [each for each in self.world.made if isinstance(each, type_)]
        if found and self.world.rng.random() < 0.95:
            return self.world.rng.choice(found)
        return self.world.value()

    def revision(self) -> Any:
        if self.world.rng.random() < 0.9:
            return self.one(self.core.RevisionBase)
        return self.make_revision()

    def make_revision(self) -> Any:
        world = self.world
        id_ = world.text() if world.rng.random() < 0.9 else world.value()
        type_ = world.rng.choice(self.types)
        return type_(id_, world.texts(), world.texts(), world.texts())

    def start_again(self) -> object:
        rev = self.one(self.core.RevisionBase)
        args = [self.world.texts() for _ in range(self.world.rng.randrange(6))]
        return self.core.RevisionBase.__init__(rev, *args)

    def read_field(self) -> object:
        rev = self.one(self.core.RevisionBase)
        value = getattr(rev, self.world.rng.choice(self.names))
        return value() if self.world.rng.random() < 0.2 and callable(value) else value

    def write_field(self) -> None:
        rev = self.one(self.core.RevisionBase)
        name = self.world.rng.choice(self.core.REVISION_FIELDS)
        if self.world.rng.random() < 0.1:
            delattr(rev, name)
        else:
            setattr(rev, name, self.world.texts())

    def report(self, *what: object) -> object:
        self.world.disturb()
        if self.world.rng.random() < 0.7 and what[0] != "duplicate":
            raise Trouble
        return None

    def line(self) -> list[Any]:
        """Return revisions that mostly make a graph."""
        rng, ids, out = self.world.rng, "abcdefghijkl", []
        for number in range(rng.randrange(12)):
            down = rng.choice((None, ids[number - 1])) if number else None
            deps = (
                rng.choice((None, None, ids[rng.randrange(number)])) if number else ()
            )
            labels = rng.choice((None, None, f"l{number}", HostileText(self.world)))
            type_ = rng.choice(self.types)
            out.append(type_(ids[number], down, deps, labels))
        return out

    def load(self) -> Any:
        world = self.world
        revisions = self.line() if world.rng.random() < 0.6 else None
        map_: Any = {} if world.rng.random() < 0.5 else world.rng.choice(world.dicts)
        if world.rng.random() < 0.05:
            map_ = world.value()
        report = self.report if world.rng.random() < 0.95 else world.value()
        if revisions is None:
            revisions = world.sequence(self.revision)
        loaded = self.core.load_revisions(revisions, map_, report)
        for each in [*revisions][:20]:
            world.keep(each)
        world.dicts[0] = map_
        return loaded[0]

    def load_map(self) -> Any:
        revisions = self.line()
        map_ = self.map_type(lambda: self.world.generate(revisions))
        list(map_.iterate_revisions("heads", "base"))
        return map_._graph

    def read_map(self) -> Any:
        world = self.world
        map_ = world.rng.choice(world.dicts)
        if world.rng.random() < 0.3:
            map_[world.text()] = self.revision()
        return self.core.read_map(map_ if world.rng.random() < 0.95 else world.value())

    def ask(self) -> object:
        world = self.world
        graph = self.one(self.core.RevisionGraph)
        name, shape = world.rng.choice(
            (
                ("is_current", ""),
                ("ancestors", "sbb"),
                ("descendants", "sbbb"),
                ("sort", "ss"),
                ("related", "ssb"),
                ("uncovered", "s"),
                ("plan_upgrade", "ssbb"),
                ("plan_downgrade", "ssrb"),
            )
        )
        make = {
            "s": lambda: world.sequence(self.revision),
            "b": lambda: world.rng.choice((True, False, Hostile(world))),
            "r": self.revision,
        }
        args = [make[kind]() for kind in shape]
        if world.rng.random() < 0.03:
            args = args[:-1]
        return getattr(graph, name)(*args)

    def source(self) -> bytes:
        rng = self.world.rng
        value = rng.choice(("None", "'a'", "('a', 'b')", "['c']", "{'a'}", "f()", "1"))
        text = (
            f"'''doc'''\nrevision = '{rng.choice('abcd')}'\ndown_revision = {value}\n"
        )
        if rng.random() < 0.5:
            text += f"branch_labels = {rng.choice(('None', repr('x'), '[1]'))}\n"
        if rng.random() < 0.2:
            text = text[: rng.randrange(len(text))] + rng.choice("\0\"'(\\\ud800")
        return text.encode("utf-8", "surrogatepass")

    def scan_text(self) -> Any:
        path = self.world.directory / "text.py"
        path.write_bytes(self.source())
        return self.core.scan_file(path)

    def path(self) -> Any:
        rng, directory = self.world.rng, self.world.directory
        if rng.random() < 0.1:
            return self.world.value()
        path = directory / rng.choice(("", "v", "v/a.py", "w", "w/b.py", "none"))
        return rng.choice((path, str(path), str(path).encode(), Hostile(self.world)))

    def scan_file(self) -> Any:
        return self.core.scan_file(self.path())

    def scan_tree(self) -> Any:
        world = self.world
        for name in world.rng.sample("abcde", 2):
            path = world.directory / world.rng.choice("vw") / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self.source())
        scan = world.rng.choice((self.core.scan_tree, self.core.scan_directory))
        flags = {
            name: world.rng.choice((True, False, Hostile(world)))
            for name in world.rng.choices(
                ("recursive", "sourceless", "wrong"), (9, 9, 1)
            )
        }
        return scan(world.sequence(self.path), **flags)

    def use_tree(self) -> Any:
        rng = self.world.rng
        tree = self.one(self.core.ScannedTree)
        kind = rng.randrange(4)
        if kind == 0:
            return tree.ends()
        if kind == 1:
            return len(tree)
        type_ = rng.choice([*self.types, self.awkward(), self.world.value()])
        if kind == 2:
            return tree.revisions(type_)
        id_ = self.world.text() if rng.random() < 0.9 else self.world.value()
        return tree.revision(type_, id_)

    def awkward(self) -> Any:
        """Return a class of revisions that are made in a strange way."""

        def new(cls: Any, *args: object, **kw: object) -> Any:
            self.world.disturb()
            if self.world.rng.random() < 0.3:
                return self.world.value()
            return self.plain.__new__(cls)

        return type("Awkward", (self.plain,), {"__new__": new})

    def read_scanned(self) -> Any:
        scanned = self.one(self.core.ScannedFile)
        names = [name for name in dir(self.core.ScannedFile) if name[:2] != "__"]
        return getattr(scanned, self.world.rng.choice(names))


# Each gets a World, and has a method calls().
MODULES: dict[str, Callable[[World], Any]] = {
    "_core": Core,
    "_catalog": Readers,
    "_libpq": Libpq,
    "_sqlite3": Sqlite3,
}


def play(seed: int, number: int, module: str, n_calls: int, directory: Path) -> None:
    """Make the calls of one round.  Raises SystemError where a module gives one."""
    world = World(random.Random(f"{seed} {number} {module}"), directory)
    world.calls = MODULES[module](world).calls()
    for _ in range(n_calls):
        world.call()
    world.calls = [lambda: None]


def leave_out_what_is_there() -> None:
    """Take what is loaded, and what rounds have left behind, from the collector.

    A call may collect garbage, or look for objects: with SQLAlchemy loaded, that takes
    a hundred times as long as the call.
    """
    gc.collect()
    gc.freeze()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000, help="for each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="this one alone")
    parser.add_argument("--module", choices=MODULES, action="append")
    options = parser.parse_args()
    faulthandler.enable()
    warnings.simplefilter("ignore")
    # What cannot be raised, in __del__ say, must be no SystemError either.
    unraisable: list[Any] = []

    def note(problem: Any) -> None:
        if issubclass(problem.exc_type, SystemError):
            unraisable.append(repr(problem.exc_value))

    sys.unraisablehook = note
    for module in options.module or MODULES:
        rounds = range(-(-options.calls // CALLS_A_ROUND))
        for number in rounds if options.round is None else [options.round]:
            with tempfile.TemporaryDirectory() as directory:
                try:
                    play(options.seed, number, module, CALLS_A_ROUND, Path(directory))
                except BaseException:
                    print(f"{module}: seed {options.seed}, round {number}", flush=True)
                    raise
            leave_out_what_is_there()
            if unraisable:
                print(f"{module}: seed {options.seed}, round {number}: {unraisable}")
                return 1
        print(f"{module}: {len(rounds) * CALLS_A_ROUND} calls, no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
