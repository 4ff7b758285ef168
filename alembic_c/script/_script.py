"""One revision file: what it says, and the texts that commands show of it."""

from __future__ import annotations

import os

from .. import util
from .._core import HAS_DOWN_REVISION, HAS_REVISION, ScannedFile, scan_file
from ..util.exc import BrokenFileError
from . import _files
from .revision import Revision

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import Any

    from .._core import ScannedTree
    from .base import ScriptDirectory

_HEADER_NAMES = ("revision", "down_revision", "branch_labels", "depends_on")
# Without these a file has to be executed, if only to fail as it would.
_NEEDED = HAS_REVISION | HAS_DOWN_REVISION
_init_revision = Revision.__init__


class Script(Revision):
    """A revision file.

    module: the file, executed; rev_id: its id; path: where it is.
    """

    _db_current_indicator: bool | None = None
    """Whether the database is at this revision; None if nobody has looked."""

    def __init__(
        self, module: ModuleType, rev_id: str, path: str | os.PathLike[str]
    ) -> None:
        self.module = module
        self.path = os.fspath(path)
        down_revision = module.down_revision
        depends_on = getattr(module, "depends_on", None)
        _files.check_ids(self.path, rev_id, down_revision, depends_on)
        super().__init__(
            rev_id,
            down_revision,
            branch_labels=util.to_tuple(
                getattr(module, "branch_labels", None), default=()
            ),
            dependencies=_dependencies(depends_on),
        )

    @util.memoized_property
    def module(self) -> ModuleType:
        """The file, executed when this is first asked for.

        Raises what executing it raises, and CommandError if its ids are not those that
        were read before: it has changed in between.
        """
        module = _files.execute(self.path)
        header = util.not_none(self._scanned).header
        for name, value in zip(_HEADER_NAMES, header, strict=True):
            if getattr(module, name, None) != value:
                raise util.CommandError(
                    f"{self.path} has changed while it was in use: its {name!r} is "
                    f"{getattr(module, name, None)!r}, it was {value!r}"
                )
        return module

    @util.memoized_property
    def path(self) -> str:
        """The path of the file."""
        return util.not_none(self._scanned).path

    @classmethod
    def _from_path(
        cls, scriptdir: ScriptDirectory, path: str | os.PathLike[str]
    ) -> Script | None:
        """Return the script of a file; None if it is no revision file.

        Raises CommandError if it tells no id, what executing it raises, and
        RevisionError.
        """
        name = os.fspath(path)
        if not _files.is_revision_file(os.path.basename(name), scriptdir.sourceless):
            return None
        scanned = scan_file(name)
        if scanned.exact and scanned.bound & _NEEDED == _NEEDED:
            return _unexecuted(cls, scanned)
        return cls._from_execution(scriptdir, name)

    @classmethod
    def _from_execution(cls, scriptdir: ScriptDirectory, path: str) -> Script | None:
        """Return the script of a file that does not tell its ids by itself."""
        if scriptdir.sourceless and _files.is_compiled_beside_source(path):
            return None
        module = _files.execute(path)
        revision_id = _files.revision_id(module, os.path.basename(path))
        if not hasattr(module, "down_revision"):
            raise BrokenFileError(f"{path}: module has no attribute 'down_revision'")
        return cls(module, revision_id, path)

    @property
    def _script_path(self) -> Path:
        from pathlib import Path

        return Path(self.path)

    # --- texts ----------------------------------------------------------------------

    @property
    def doc(self) -> str:
        """The first paragraph of the file's docstring."""
        return self.longdoc.partition("\n\n")[0]

    @property
    def longdoc(self) -> str:
        """The file's docstring."""
        module = self.__dict__.get("module")
        if module is None:
            return (self._scanned.doc or "").strip()  # type: ignore[union-attr]
        doc = module.__doc__
        if doc and hasattr(module, "_alembic_source_encoding"):
            doc = doc.decode(module._alembic_source_encoding)
        return str(doc or "").strip()

    @property
    def log_entry(self) -> str:
        """Everything about the revision, over several lines."""
        lines = [f"Rev: {self.revision}{_flags(self, with_head=True)}"]
        lines[0] += " (current)" if self._db_current_indicator else ""
        parents = "Merges" if self.is_merge_point else "Parent"
        lines.append(f"{parents}: {self._format_down_revision()}")
        if self.dependencies:
            lines.append(f"Also depends on: {util.format_as_comma(self.dependencies)}")
        if self.is_branch_point:
            lines.append(f"Branches into: {_sorted_names(self.nextrev)}")
        if self.branch_labels:
            lines.append(f"Branch names: {_sorted_names(self.branch_labels)}")
        lines += [f"Path: {self.path}", ""]
        lines += [f"    {line}" for line in self.longdoc.splitlines()] or [""]
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        flags = _flags(self, with_head=True)
        return f"{self._format_down_revision()} -> {self.revision}{flags}, {self.doc}"

    def _head_only(
        self,
        include_branches: bool = False,
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
        head_indicators: bool = True,
    ) -> str:
        text = self.revision
        if include_parents:
            parents = self._format_down_revision()
            if self.dependencies:
                parents += f" ({util.format_as_comma(self.dependencies)})"
            text = f"{parents} -> {text}"
        if include_branches and self.branch_labels:
            text += f" ({_sorted_names(self.branch_labels)})"
        if head_indicators or tree_indicators:
            if self._is_real_head:
                text += " (head)"
            elif self.is_head:
                text += " (effective head)"
            text += " (current)" if self._db_current_indicator else ""
        if tree_indicators:
            text += _flags(self)
        if include_doc:
            text += f", {self.doc}"
        return text

    def cmd_format(
        self,
        verbose: bool,
        include_branches: bool = False,
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
    ) -> str:
        """Return the text that commands print.

        verbose: everything, over several lines; otherwise one line, with
        include_branches: branch labels; include_doc: the message;
        include_parents: what is below it; tree_indicators: branch and merge points.
        """
        if verbose:
            return self.log_entry
        return self._head_only(
            include_branches, include_doc, include_parents, tree_indicators
        )

    def _format_down_revision(self) -> str:
        down = self.down_revision
        if isinstance(down, str):
            return down
        return util.format_as_comma(self._versioned_down_revisions) or "<base>"


class RevisionFiles:
    """The scripts of a directory that has been read.

    Each iteration makes them anew, but for those that `find` has given out.
    """

    def __init__(self, scriptdir: ScriptDirectory, tree: ScannedTree) -> None:
        self._scriptdir = scriptdir
        self._tree = tree
        self._made: dict[str, Script] = {}
        self._given: list[Any] = []

    def paths_of(self, rev_id: str) -> list[str]:
        """Return the paths of the scripts of the last iteration that have an id."""
        return [
            each.path for each in self._given if getattr(each, "revision", 0) == rev_id
        ]

    def ends(self) -> tuple[tuple[str, ...], ...] | None:
        """Return the ids of heads, real heads, bases and real bases.

        None if that is not known without loading the scripts.
        """
        return self._tree.ends()

    def find(self, rev_id: str) -> Script | None:
        """Return the script of an id as if all were loaded; it alone is made.

        None where that is not known without loading them, or if there is none.
        """
        made = self._made.get(rev_id)
        if made is None and (found := self._tree.revision(Script, rev_id)):
            made = self._made.setdefault(rev_id, found)
        return made

    def __iter__(self) -> Iterator[Script]:
        """Return an iterator over the scripts, in the order of files.

        Files that do not tell their ids are executed on the way; it raises what that
        raises, CommandError and RevisionError, and warns of files reached twice.
        """
        found: list[Any] = self._tree.revisions(Script)
        if self._made:
            found = [self._made.get(each.revision, each) for each in found]
        self._given = found
        # Most trees are done with this; otherwise go over it.
        return self._resolve(found) if ScannedFile in map(type, found) else iter(found)

    def _resolve(self, found: Iterable[Script | ScannedFile]) -> Iterator[Script]:
        self._given = []
        for item in found:
            if not isinstance(item, ScannedFile):
                self._given.append(item)
                yield item
            elif item.duplicate:
                util.warn(
                    f"File {item.path} loaded twice! ignoring. Please ensure "
                    "version_locations is unique."
                )
            elif script := self._from_scan(item):
                self._given.append(script)
                yield script

    def _from_scan(self, scanned: ScannedFile) -> Script | None:
        if scanned.exact and scanned.bound & _NEEDED == _NEEDED:
            return _unexecuted(Script, scanned)
        return Script._from_execution(self._scriptdir, util.not_none(scanned.path))


def _unexecuted(cls: type[Script], scanned: ScannedFile) -> Script:
    """Return the script of a file whose header was read exactly."""
    rev_id, down_revision, branch_labels, depends_on = scanned.header
    _files.check_ids(util.not_none(scanned.path), rev_id, down_revision, depends_on)
    script = cls.__new__(cls)
    script._scanned = scanned
    if branch_labels is not None:
        branch_labels = util.to_tuple(branch_labels)
    dependencies = _dependencies(depends_on)
    _init_revision(script, rev_id, down_revision, dependencies, branch_labels)
    return script


def _dependencies(depends_on: Any) -> tuple[str, ...]:
    """Return the dependencies that a file declares; an empty text is none."""
    given: tuple[str, ...] = util.to_tuple(depends_on or (), default=())
    return () if given == ("",) else given


def _flags(script: Script, with_head: bool = False) -> str:
    text = " (head)" if with_head and script.is_head else ""
    if script.is_branch_point:
        text += " (branchpoint)"
    return f"{text} (mergepoint)" if script.is_merge_point else text


def _sorted_names(names: Iterable[str]) -> str:
    """Return names in one line, in an order that is the same in each run."""
    return util.format_as_comma(sorted(map(str, names)))
