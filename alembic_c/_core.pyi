"""Types of the C core's binding.  Each part of csrc/bind/core/ has its section."""

from collections.abc import Callable, Iterable
from os import PathLike
from typing import Any, Final, TypeAlias, TypeVar, final

from typing_extensions import disjoint_base

_RevisionT = TypeVar("_RevisionT", bound="RevisionBase")

# --- scan: revision files read without executing them -------------------------------

# What a name of a revision file can hold when it is read exactly.
_HeaderValue: TypeAlias = (
    str | tuple["_HeaderValue", ...] | list["_HeaderValue"] | set["_HeaderValue"] | None
)

# Bits of ScannedFile.bound.
HAS_REVISION: Final[int]
HAS_DOWN_REVISION: Final[int]
HAS_BRANCH_LABELS: Final[int]
HAS_DEPENDS_ON: Final[int]

@final
class ScannedFile:
    """One revision file as the scanner read it.  Immutable; made by scan_*() alone.

    `exact` says that the values below equal what executing the file would give.  If it
    is False, `reason` says why and the file has to be executed; the value attributes
    then raise AttributeError, as they do for a name that the file does not bind.
    Values are made on each access (lists and sets are fresh objects).
    """

    # Absolute path with symbolic links resolved (scan_tree); as given (scan_file).
    @property
    def path(self) -> str: ...
    # The last component of `path`.
    @property
    def filename(self) -> str: ...
    @property
    def exact(self) -> bool: ...
    # Why the file is not exact, a phrase for a log line; None if it is.
    @property
    def reason(self) -> str | None: ...
    # Line (from 1) that `reason` or `broken` is about; 0: the file as a whole.
    @property
    def line(self) -> int: ...
    # errno when the file could not be opened or read (then it is not exact), else 0.
    @property
    def errno(self) -> int: ...
    # True when executing the file is certain to end in a SyntaxError; then it is not
    # exact.  Behind the header only the marks of a merge with conflicts are looked for.
    @property
    def broken(self) -> bool: ...
    # True when an earlier file of the same scan has the same real path.
    @property
    def duplicate(self) -> bool: ...
    # Which names are bound: HAS_REVISION | HAS_DOWN_REVISION | ...; 0 if not exact.
    @property
    def bound(self) -> int: ...
    @property
    def revision(self) -> Any: ...
    @property
    def down_revision(self) -> Any: ...
    @property
    def branch_labels(self) -> Any: ...
    @property
    def depends_on(self) -> Any: ...
    # (revision, down_revision, branch_labels, depends_on), None for a name that is not
    # bound: the cheap way to all four.  Raises AttributeError if not exact.
    @property
    def header(self) -> tuple[Any, Any, Any, Any]: ...
    # The module's __doc__, as this interpreter would set it (None under -OO; cleaned
    # of indentation from Python 3.13 on).  Raises AttributeError if not exact.
    @property
    def doc(self) -> str | None: ...

def scan_file(path: str | bytes | PathLike[str] | PathLike[bytes], /) -> ScannedFile:
    """Read one revision file.  A file that cannot be read gives a ScannedFile that is
    not exact and has `errno` set; nothing is raised but MemoryError."""

@final
class ScannedTree:
    """All revision files below some directories, as scan_tree() found and read them."""

    def __len__(self) -> int: ...
    def revisions(
        self, type: type[_RevisionT], /
    ) -> list[_RevisionT] | list[_RevisionT | ScannedFile]:
        """Return all files, in order, as revisions of a class.

        A revision is as if `Revision.__init__` had been called with the file's values;
        its `_scanned` is the file.  A file that is not exact, or with which something
        may be wrong, is listed as ScannedFile.
        """

    def ends(
        self,
    ) -> (
        tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]] | None
    ):
        """Return the ids of heads, real heads, bases and real bases; in order of files.

        None unless all files are exact and nothing is wrong with any revision or with
        the graph that they make: then the revisions have to be loaded to say what.
        """

    def revision(self, type: type[_RevisionT], id: str, /) -> _RevisionT | None:
        """Return the revision with an id, with what a loaded map would fill in.

        None if there is none (a label is no id), or where `ends` gives None.
        """

def scan_tree(
    paths: Iterable[str | bytes | PathLike[str] | PathLike[bytes]],
    *,
    recursive: bool = False,
    sourceless: bool = False,
) -> ScannedTree:
    """Read all revision files below `paths`: a location at a time, in it by file name,
    directories after the files beside them.

    Listed are *.py, and with `sourceless` compiled files (*.pyc, *.pyo; those in
    __pycache__ too) that have no source beside them: never exact.  A link counts as the
    file that it leads to.  Left out are names that begin with "__init__" or ".#", and
    what is no regular file.  A file reached twice is listed again with `duplicate` set,
    whatever its name.  A location that does not exist or is no directory has no files.
    Links to directories below a location are not followed.

    Raises OSError, with the path, for a directory that exists and cannot be read.
    """

def scan_directory(
    paths: Iterable[str | bytes | PathLike[str] | PathLike[bytes]],
    *,
    recursive: bool = False,
    sourceless: bool = False,
) -> list[ScannedFile]:
    """Return the files of scan_tree() in a list."""

# --- graph: the revision map --------------------------------------------------------

# The names of the fields of RevisionBase.
REVISION_FIELDS: Final[tuple[str, ...]]

class ForeignRevisionError(Exception):
    """A revision that is not in the graph."""

@disjoint_base
class RevisionBase:
    """The fields of a revision, and what follows from them alone."""

    revision: str
    down_revision: str | tuple[str, ...] | None
    dependencies: str | tuple[str, ...] | None
    branch_labels: set[str]
    nextrev: frozenset[str]
    _all_nextrev: frozenset[str]
    _orig_branch_labels: tuple[str, ...]
    _resolved_dependencies: tuple[str, ...]
    _normalized_resolved_dependencies: tuple[str, ...]
    # What was read of its file without executing it.
    _scanned: ScannedFile | None

    def __init__(
        self,
        revision: str,
        down_revision: str | Iterable[str] | None,
        dependencies: str | Iterable[str] | None = None,
        branch_labels: str | Iterable[str] | None = None,
    ) -> None: ...
    @property
    def _all_down_revisions(self) -> tuple[str, ...]: ...
    @property
    def _normalized_down_revisions(self) -> tuple[str, ...]: ...
    @property
    def _versioned_down_revisions(self) -> tuple[str, ...]: ...
    @property
    def is_head(self) -> bool: ...
    @property
    def _is_real_head(self) -> bool: ...
    @property
    def is_base(self) -> bool: ...
    @property
    def _is_real_base(self) -> bool: ...
    @property
    def is_branch_point(self) -> bool: ...
    @property
    def _is_real_branch_point(self) -> bool: ...
    @property
    def is_merge_point(self) -> bool: ...

@final
class RevisionGraph:
    """The graph of a revision map as of one moment.

    Revisions are given and returned as the objects of the map; one that is not in it
    raises ForeignRevisionError.  An overlap is the first target that reaches others,
    and those.
    """

    def is_current(self) -> bool: ...
    def ancestors(
        self, targets: Iterable[Any], check: bool, with_deps: bool, /
    ) -> tuple[list[Any], tuple[Any, list[Any]] | None]: ...
    def descendants(
        self,
        targets: Iterable[Any],
        check: bool,
        with_deps: bool,
        with_deps_at_targets: bool,
        /,
    ) -> tuple[list[Any], tuple[Any, list[Any]] | None]: ...
    def sort(self, revisions: Iterable[Any], heads: Iterable[Any], /) -> list[Any]: ...
    def related(
        self, targets: Iterable[Any], others: Iterable[Any], with_deps: bool, /
    ) -> list[bool]: ...
    def uncovered(self, targets: Iterable[Any], /) -> list[bool]: ...
    # "ok" with a list, "overlap" with an overlap, "outside" or "nothing" with None
    def plan_upgrade(
        self,
        targets: Iterable[Any],
        current: Iterable[Any],
        inclusive: bool,
        implicit_base: bool,
        /,
    ) -> tuple[str, Any]: ...
    def plan_downgrade(
        self,
        roots: Iterable[Any],
        heads: Iterable[Any],
        target: Any,
        implicit_base: bool,
        /,
    ) -> tuple[str, Any]: ...

def load_revisions(
    revisions: Iterable[Any],
    map: dict[Any, Any],
    report: Callable[[str, Any, Any], None],
    /,
) -> tuple[
    RevisionGraph,
    tuple[str, ...],
    tuple[str, ...],
    tuple[str, ...],
    tuple[str, ...],
]:
    """Fill `map`, and what follows in the revisions; return the graph and its ends.

    report: is told what is wrong; it raises, or returns after "duplicate".
    """

def read_map(map: dict[Any, Any], /) -> RevisionGraph: ...
def touch_graphs() -> None: ...
