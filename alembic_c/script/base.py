"""Script directories and the revision files in them."""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from .. import util
from .._core import scan_tree
from ..runtime._steps import MigrationStep
from ..util import _collector, pyfiles
from . import revision
from ._errors import Wording, describe
from ._script import RevisionFiles
from ._script import Script as Script
from ._stamping import heads_on_lines_of, stamp_steps

TYPE_CHECKING = False
if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any
    from zoneinfo import ZoneInfo

    from ..runtime._steps import RevisionStep, StampStep
    from ..util._config import Config, PostWriteHookConfig
    from ..util._config_types import MessagingOptions
    from .revision import _GetRevArg, _RevIdType

# No empty or "." component, and no slash at the end.
_IS_NORMAL = re.compile(r"/?(?:(?!\.?(?:/|\Z))[^/]+(?:/(?!\Z)|\Z))+").fullmatch
_WORD = re.compile(r"\w+")
# Names of upstream's that projects import.
_slug_re = _WORD
_only_source_rev_file = re.compile(r"((?:(?!__init__|\.#)).*\.py)\Z")
_LAST_WORD = re.compile(r"_[^_]*\Z")
_default_file_template = "%(rev)s_%(slug)s"
_DEFAULT_SLUG_LENGTH = 40
_NO_MESSAGE = "empty message"
# What Python raises for a value that has another form than it should have.
_OF_A_VALUE = (ImportError, LookupError, OSError, OverflowError, TypeError, ValueError)
_NO_OPTIONS: MessagingOptions = util.EMPTY_DICT  # type: ignore[assignment]


def _load_datetime() -> Any:
    import datetime

    return datetime


def _load_zone_info() -> Any:
    try:
        from zoneinfo import ZoneInfo
    except ImportError:
        return None
    return ZoneInfo


# Needed only to make a revision file, and slow to import.
_LATE = {"datetime": _load_datetime, "ZoneInfo": _load_zone_info}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _LATE[name]()
    return value


class ScriptDirectory:
    """A directory with `env.py`, `script.py.mako` and revision files.

    dir: its path.
    file_template: the name of new files without ".py", with %(rev)s, %(slug)s,
        %(epoch)s, %(year)d, %(month)d, %(day)d, %(hour)d, %(minute)d, %(second)d.
    truncate_slug_length: the greatest length of %(slug)s, None for 40.
    version_locations: the directories of revision files; None: "versions" in `dir`.
    sourceless: whether compiled files count as revision files.
    output_encoding: the encoding of new files.
    timezone: the time zone of their dates; None: local time, without zone.
    hooks: what is run on new files.
    recursive_version_locations: whether subdirectories are read too.
    messaging_opts: options for messages, such as quiet.
    Raises CommandError if there is no such directory.
    """

    # Returns an option with the file that it stands in, for messages.
    _place: Callable[[str], str] = staticmethod(str)

    def __init__(
        self,
        dir: str | os.PathLike[str],
        file_template: str = _default_file_template,
        truncate_slug_length: int | None = _DEFAULT_SLUG_LENGTH,
        version_locations: Sequence[str | os.PathLike[str]] | None = None,
        sourceless: bool = False,
        output_encoding: str = "utf-8",
        timezone: str | None = None,
        hooks: list[PostWriteHookConfig] = [],  # noqa: B006 - never changed
        recursive_version_locations: bool = False,
        messaging_opts: MessagingOptions = _NO_OPTIONS,
    ) -> None:
        self.dir = os.fspath(dir)
        self.version_locations = [
            os.fspath(location) for location in version_locations or ()
        ]
        self.file_template = file_template
        self.truncate_slug_length = truncate_slug_length or _DEFAULT_SLUG_LENGTH
        self.sourceless = sourceless
        self.output_encoding = output_encoding
        self.timezone = timezone
        self.hooks = hooks
        self.recursive_version_locations = recursive_version_locations
        self.messaging_opts = messaging_opts
        self.revision_map = revision.RevisionMap(self._load_revisions)
        if not os.access(dir, os.F_OK):
            raise util.CommandError(
                f"Path doesn't exist: {dir}.  Please use the 'init' command to create "
                "a new scripts folder."
            )

    @classmethod
    def from_config(cls, config: Config) -> ScriptDirectory:
        """Return the script directory that a configuration describes.

        Puts `prepend_sys_path` into `sys.path`.
        Raises CommandError without `script_location`, or if it is not there;
        ConfigFileError for values that make no sense.
        """
        location = config.get_alembic_option("script_location")
        if location is None:
            raise util.CommandError("No 'script_location' key found in configuration.")
        if not isinstance(location, str):
            raise _config_error(
                f"script_location is no text, but {location!r}",
                config._place("script_location"),
            )
        length = _slug_length(config)
        sys.path[:0] = config.get_prepend_sys_paths_list() or ()
        with _names_option(config._place, "script_location"):
            folder = _file_name(location)
        directory = ScriptDirectory(
            folder,
            file_template=config.get_alembic_option(
                "file_template", _default_file_template
            ),
            truncate_slug_length=length,
            sourceless=config.get_alembic_boolean_option("sourceless"),
            output_encoding=config.get_alembic_option("output_encoding", "utf-8"),
            version_locations=config.get_version_locations_list(),
            timezone=config.get_alembic_option("timezone"),
            hooks=config.get_hooks_list(),
            recursive_version_locations=config.get_alembic_boolean_option(
                "recursive_version_locations"
            ),
            messaging_opts=config.messaging_opts,
        )
        directory._place = config._place
        return directory

    # --- files ----------------------------------------------------------------------

    @property
    def versions(self) -> str:
        """The directory of revision files.

        Raises CommandError if there are several.
        """
        return str(self._singular_version_location)

    @util.memoized_property
    def _singular_version_location(self) -> Path:
        if len(self._version_locations) > 1:
            raise util.CommandError("Multiple version_locations present")
        return self._version_locations[0]

    @util.memoized_property
    def _version_locations(self) -> Sequence[Path]:
        from pathlib import Path

        return [Path(name) for name in self._location_names]

    @util.memoized_property
    def _location_names(self) -> Sequence[str]:
        """The directories of revision files, without the cost of `pathlib`."""
        with _names_option(self._place, "version_locations"):
            names = [_file_name(os.fspath(name)) for name in self.version_locations]
        here = os.getcwd()
        return [
            os.path.join(here, name)
            for name in names or [_in_normal_form(os.path.join(self.dir, "versions"))]
        ]

    def _locations_to_read(self) -> Sequence[str | os.PathLike[str]]:
        # A subclass, or whoever assigns to the attribute, decides about the locations.
        overridden = type(self) is not ScriptDirectory or "_version_locations" in vars(
            self
        )
        return self._version_locations if overridden else self._location_names

    def _load_revisions(self) -> Iterable[Script]:
        """Return a script for each revision file, in the order of locations and names.

        The files are read at once, scripts are made when they are iterated over.
        Raises OSError for a directory that cannot be read; warns of one that is
        configured, but not there.
        """
        for name in self._missing_locations():
            util.warn(
                f"There is no directory {name} ({self._place('version_locations')})"
            )
        return RevisionFiles(
            self,
            scan_tree(
                self._locations_to_read(),
                recursive=self.recursive_version_locations,
                sourceless=self.sourceless,
            ),
        )

    @property
    def env_py_location(self) -> str:
        """The path of `env.py`."""
        return os.path.join(self.dir, "env.py")

    def run_env(self) -> None:
        """Execute `env.py`; an `EnvironmentContext` has to be in use.

        Raises what it raises.
        """
        from .. import _bootstrap

        _bootstrap.ensure()
        _collector.resume()
        util.load_python_file(self.dir, "env.py")

    # --- revisions ------------------------------------------------------------------

    @contextmanager
    def _catch_revision_errors(
        self,
        ancestor: str | None = None,
        multiple_heads: str | None = None,
        start: str | None = None,
        end: str | None = None,
        resolution: str | None = None,
    ) -> Iterator[None]:
        """Turn errors of the revision map into CommandError, in a command's words."""
        try:
            yield
        except revision.RevisionError as error:
            wording = Wording(ancestor, multiple_heads, start, end, resolution)
            raise util.CommandError(describe(error, wording)) from error

    def walk_revisions(
        self, base: str = "base", head: str = "heads"
    ) -> Iterator[Script]:
        """Yield scripts from the top down.

        base, head: where to end and to start, both included.
        Raises CommandError if one is not known or they are not in one line.
        """
        with self._catch_revision_errors(start=base, end=head):
            yield from self.revision_map.iterate_revisions(  # type: ignore[misc]
                head, base, inclusive=True, assert_relative_length=False
            )

    def get_revisions(self, id_: _GetRevArg) -> tuple[Script, ...]:
        """Return the scripts that an id, a symbol or several ids stand for.

        Raises CommandError if there is no such revision.
        """
        found: Any
        with self._catch_revision_errors():
            found = self.revision_map.get_revisions(id_)
        scripts: tuple[Script, ...] = found
        return scripts

    def get_all_current(self, id_: tuple[str, ...]) -> set[Script]:
        """Return the scripts that a database with these versions is at.

        Those that are implied by dependencies too, without what is below another on
        the same branch.
        """
        heads = [script for script in self.get_revisions(id_) if script is not None]
        current: dict[str, Any] = {script.revision: script for script in heads}
        # The map may only now be loaded, and tell what is wrong with it.
        with self._catch_revision_errors():
            for node in self.revision_map._get_ancestor_nodes(
                heads, include_dependencies=True
            ):
                current[node.revision] = node
        # What is below a current revision is current: looking one up is enough.
        return {
            script
            for script in current.values()
            if not any(above in current for above in script.nextrev)
        }

    def get_revision(self, id_: str) -> Script:
        """Return the script that an id or symbol stands for; None for "base".

        Raises CommandError if there is none, or several.
        """
        found: Any
        with self._catch_revision_errors():
            found = self.revision_map.get_revision(id_)
        script: Script = found
        return script

    def as_revision_number(self, id_: str | None) -> str | tuple[str, ...] | None:
        """Return the id that a symbol stands for, a tuple of ids for "heads".

        An id is returned as it is, known or not; None for "base".
        Raises CommandError for "head" if there are several.
        """
        with self._catch_revision_errors():
            numbers, _ = self.revision_map._resolve_revision_number(id_)
        if not numbers:
            return None
        return tuple(numbers) if id_ == "heads" else numbers[0]

    def iterate_revisions(
        self,
        upper: str | tuple[str, ...] | None,
        lower: str | tuple[str, ...] | None,
        **kw: Any,
    ) -> Iterator[Script]:
        """Return an iterator over scripts from the top down, `lower` not included.

        kw: as for `RevisionMap.iterate_revisions`.
        Raises RevisionError.
        """
        scripts: Any = self.revision_map.iterate_revisions(upper, lower, **kw)
        return scripts  # type: ignore[no-any-return]

    def get_current_head(self) -> str | None:
        """Return the id of the head, None if there are no revisions.

        Raises CommandError if there are several heads.
        """
        with self._catch_revision_errors(
            multiple_heads=(
                "The script directory has multiple heads (due to branching)."
                "Please use get_heads(), or merge the branches using alembic merge."
            )
        ):
            return self.revision_map.get_current_head()

    def get_heads(self, consider_depends_on: bool = False) -> list[str]:
        """Return the ids of all heads.

        consider_depends_on: leave out what another branch depends on.
        """
        revisions = self.revision_map
        return list(revisions._real_heads if consider_depends_on else revisions.heads)

    def get_base(self) -> str | None:
        """Return the id of the first revision, None if there are no revisions.

        Raises CommandError if there are several.
        """
        bases = self.get_bases()
        if len(bases) > 1:
            raise util.CommandError(
                "The script directory has multiple bases. Please use get_bases()."
            )
        return bases[0] if bases else None

    def get_bases(self) -> list[str]:
        """Return the ids of all revisions that have none below them."""
        return list(self.revision_map.bases)

    # --- plans ----------------------------------------------------------------------

    def _upgrade_revs(self, destination: str, current_rev: str) -> list[RevisionStep]:
        """Return the steps up to a revision; this executes their files."""
        self._require_unique_ids()
        with self._catch_revision_errors(
            ancestor="Destination %(end)s is not a valid upgrade target from current "
            "head(s)",
            end=destination,
        ):
            scripts = list(
                self.iterate_revisions(destination, current_rev, implicit_base=True)
            )
        return [
            MigrationStep.upgrade_from_script(self.revision_map, script)
            for script in reversed(scripts)
        ]

    def _downgrade_revs(
        self, destination: str, current_rev: str | None
    ) -> list[RevisionStep]:
        """Return the steps down to a revision; this executes their files."""
        self._require_unique_ids()
        with self._catch_revision_errors(
            ancestor="Destination %(end)s is not a valid downgrade target from "
            "current head(s)",
            end=destination,
        ):
            scripts = list(
                self.iterate_revisions(
                    current_rev, destination, select_for_downgrade=True
                )
            )
        return [
            MigrationStep.downgrade_from_script(self.revision_map, script)
            for script in scripts
        ]

    def _stamp_revs(self, revision: _RevIdType, heads: _RevIdType) -> list[StampStep]:
        """Return the steps that set the version table to revisions."""
        with self._catch_revision_errors(
            multiple_heads="Multiple heads are present; please specify a single "
            "target revision"
        ):
            self._require_unique_ids()
            present = self.get_revisions(heads)
            target = revision or "base"
            affected = heads_on_lines_of(self.revision_map, target, present)
            targets = self.get_revisions(target) or (None,)
            return stamp_steps(self.revision_map, targets, affected)

    def _require_unique_ids(self) -> None:
        """Raise CommandError if it cannot be known which files are meant."""
        with self._catch_revision_errors():
            self.revision_map._check()
        for rev_id, paths in self.revision_map._duplicates.items():
            if paths:
                raise util.CommandError(
                    f"Revision {rev_id} is in {len(paths)} files; delete what is not "
                    "meant, or give it an id of its own\n"
                    + "\n".join(f"  in {path}" for path in paths)
                )

    def _missing_locations(self) -> list[str]:
        """Return the directories of revision files that are configured, but not there.

        The usual one may be missing: nothing keeps a directory without files.
        """
        if not self.version_locations:
            return []
        return [
            str(name) for name in self._locations_to_read() if not os.path.isdir(name)
        ]

    # --- new files ------------------------------------------------------------------

    def _generate_template(self, src: Path, dest: Path, **kw: Any) -> None:
        with util.status(f"Generating {dest.absolute()}", **self.messaging_opts):
            with _names_option(self._place, "output_encoding"):
                codecs.lookup(self.output_encoding)
            try:
                pyfiles.template_to_new_file(src, dest, self.output_encoding, kw)
            except FileExistsError as problem:
                raise util.CommandError(
                    f"{dest} is there already, and was not changed: another revision "
                    "or message gives another name"
                ) from problem

    def _append_template(self, src: Path, dest: Path, **kw: Any) -> None:
        with util.status(
            f"Appending to existing {dest.absolute()}", **self.messaging_opts
        ):
            util.template_to_file(
                src, dest, self.output_encoding, append_with_newlines=True, **kw
            )

    def _copy_file(self, src: Path, dest: Path) -> None:
        import shutil

        with util.status(f"Generating {dest.absolute()}", **self.messaging_opts):
            shutil.copy(src, dest)

    def _ensure_directory(self, path: Path) -> None:
        if os.path.isdir(path):
            return
        with util.status(
            f"Creating directory {path.absolute()}", **self.messaging_opts
        ):
            os.makedirs(path)

    def _generate_create_date(self) -> datetime.datetime:
        """Return the date for a new file.

        Raises CommandError if the time zone is not known.
        """
        clock: Any = sys.modules[__name__]
        if self.timezone is None:
            return clock.datetime.datetime.now()  # type: ignore[no-any-return]
        if clock.ZoneInfo is None:
            raise util.CommandError(
                "Python >= 3.9 is required for timezone support or the "
                "'backports.zoneinfo' package must be installed."
            )
        zone = _time_zone(clock.ZoneInfo, self.timezone, self._place("timezone"))
        now: datetime.datetime = clock.datetime.datetime.now(
            tz=clock.datetime.timezone.utc
        )
        return now.astimezone(zone)

    def generate_revision(
        self,
        revid: str,
        message: str | None,
        head: _RevIdType | None = None,
        splice: bool | None = False,
        branch_labels: _RevIdType | None = None,
        version_path: str | os.PathLike[str] | None = None,
        file_template: str | None = None,
        depends_on: _RevIdType | None = None,
        **kw: Any,
    ) -> Script | None:
        """Write a new revision file and return its script, also known to the map.

        revid: the new id; message: what it is about.
        head: the revisions below it, "head" if None.
        splice: whether these may have others above them already.
        branch_labels, depends_on: for the new file.
        version_path: the directory for it, one of the version locations.
        file_template: not used; kept because it always was there.
        kw: more variables for `script.py.mako`.
        Raises CommandError if the revision does not fit, what the template raises,
        what the new file raises when it is executed, and OSError.
        """
        self._check_id(revid)
        self._require_unique_ids()
        known: Any = self.revision_map._revision_map.get(revid)
        if known is not None and known.revision == revid:
            raise util.CommandError(
                f"Revision {revid} is there already\n  in {known.path}"
            )
        from pathlib import Path

        from ..util._docstring import DocstringText

        below = self._heads_for_new("head" if head is None else head)
        create_date = self._generate_create_date()
        location = self._location_for_new(version_path, below)
        if not splice:
            self._check_are_heads(below)
        dependencies = self._resolve_dependencies(depends_on)
        path = self._rev_path(location, revid, message, create_date)
        if self.version_locations:
            self._ensure_directory(location)
        self._ensure_directory(path.parent)
        self._generate_template(
            Path(self.dir, "script.py.mako"),
            path,
            up_revision=DocstringText(revid),
            down_revision=revision.tuple_rev_as_scalar(
                tuple(script.revision for script in below)
            ),
            branch_labels=util.to_tuple(branch_labels),
            depends_on=revision.tuple_rev_as_scalar(dependencies),
            create_date=create_date,
            comma=util.format_as_comma,
            message=DocstringText(_NO_MESSAGE if message is None else message),
            **kw,
        )
        self._run_write_hooks(path)
        return self._adopt(path, branch_labels)

    def _check_id(self, revid: str) -> None:
        with self._catch_revision_errors():
            Script.verify_rev_id(revid)

    def _heads_for_new(self, head: _RevIdType) -> tuple[Script, ...]:
        with self._catch_revision_errors(
            multiple_heads="Multiple heads are present; please specify the head "
            "revision on which the new revision should be based, or perform a merge."
        ):
            found: tuple[Any, ...] = self.revision_map.get_revisions(head)
        if len(set(found)) != len(found):
            raise util.CommandError("Duplicate head revisions specified")
        return tuple(script for script in found if script is not None)

    def _location_for_new(
        self, version_path: str | os.PathLike[str] | None, below: Sequence[Script]
    ) -> Path:
        from pathlib import Path

        locations = self._version_locations
        if version_path:
            wanted = Path(version_path)
            known = {os.path.abspath(location) for location in locations}
            if os.path.abspath(wanted) not in known:
                raise util.CommandError(
                    f"Path {wanted} is not represented in current version locations"
                )
            return wanted
        if len(locations) == 1:
            return locations[0]
        if not below:
            raise util.CommandError(
                "Multiple version locations present, please specify --version-path"
            )
        return below[0]._script_path.parent

    def _check_are_heads(self, scripts: Sequence[Script]) -> None:
        for script in scripts:
            if not script.is_head:
                raise util.CommandError(
                    f"Revision {script.revision} is not a head revision; please "
                    "specify --splice to create a new branch from this revision"
                )

    def _resolve_dependencies(self, depends_on: _RevIdType | None) -> list[str] | None:
        """Return ids in full; branch labels stay what they are.

        It is a list because that is how the new file has it.
        """
        if not depends_on:
            return None
        resolved = []
        with self._catch_revision_errors():
            for name in util.to_tuple(depends_on):
                found = util.not_none(self.revision_map.get_revision(name))
                resolved.append(name if name in found.branch_labels else found.revision)
        return resolved

    def _run_write_hooks(self, path: Path) -> None:
        if self.hooks:
            from . import write_hooks

            try:
                write_hooks._run_hooks(path, self.hooks)
            except write_hooks.HookOptionError as problem:
                place = self._place("post_write_hooks")
                raise _config_error(str(problem), place) from problem

    def _adopt(self, path: Path, branch_labels: _RevIdType | None) -> Script | None:
        with self._catch_revision_errors():
            script = Script._from_path(self, path)
        if script is None:
            return None
        # Executing it now shows at once if the template makes files that are broken.
        script.module  # noqa: B018
        if branch_labels and not script.branch_labels:
            raise util.CommandError(
                f"Version {script.revision} specified branch_labels {branch_labels}, "
                f"however the migration file {script.path} does not have them; have "
                "you upgraded your script.py.mako to include the 'branch_labels' "
                "section?"
            )
        self.revision_map.add_revision(script)
        return script

    def _rev_path(
        self,
        path: str | os.PathLike[str],
        rev_id: str,
        message: str | None,
        create_date: datetime.datetime,
    ) -> Path:
        """Return the path of a new file in the directory `path`."""
        from pathlib import Path

        slug = "_".join(_WORD.findall(message or "")).lower()
        if len(slug) > self.truncate_slug_length:
            # Whole words, but for a first word that is too long itself.
            slug = _LAST_WORD.sub("", slug[: self.truncate_slug_length]) + "_"
        fields = {"rev": rev_id, "slug": slug, "epoch": int(create_date.timestamp())}
        for unit in ("year", "month", "day", "hour", "minute", "second"):
            fields[unit] = getattr(create_date, unit)
        with _names_option(self._place, "file_template"):
            name = self.file_template % fields
        if os.path.basename(name) == "":
            raise util.CommandError(
                f"file_template {self.file_template!r} leaves the file of revision "
                f"{rev_id} without a name"
            )
        return Path(path, util.compat.file_name(f"{name}.py"))


def _config_error(message: str, place: str) -> Exception:
    # Who makes a ScriptDirectory without a Config does not pay for its module.
    from ..util._config import ConfigFileError

    return ConfigFileError(message, place)


@contextmanager
def _names_option(place: Callable[[str], str], option: str) -> Iterator[None]:
    """Turn what a value makes Python raise into an error that says where it stands.

    place: returns an option with the file that it stands in.
    Raises ConfigFileError.
    """
    try:
        yield
    except _OF_A_VALUE as problem:
        # A KeyError has only the key for a text.
        kind = f"{type(problem).__name__}: " if isinstance(problem, KeyError) else ""
        raise _config_error(f"{kind}{problem}", place(option)) from problem


def _slug_length(config: Config) -> int | None:
    value: Any = config.get_alembic_option("truncate_slug_length")
    with _names_option(config._place, "truncate_slug_length"):
        return None if value is None else int(value)


def _file_name(name: str) -> str:
    """Return the path that a configured name stands for, such as "package:inside"."""
    if ":" in name:
        return str(util.coerce_resource_to_filename(name))
    return _in_normal_form(name)


def _in_normal_form(path: str) -> str:
    """Return a path as `pathlib` writes it; most are written like that already."""
    if _IS_NORMAL(path):
        return path
    from pathlib import Path

    return str(Path(path))


def _time_zone(zone_info: type[ZoneInfo], name: str, place: str) -> ZoneInfo:
    """Return a time zone by its name, as written or in capitals.

    place: where the name stands, for the message.
    Raises CommandError if it is not known, ConfigFileError if it cannot be a name.
    """
    for spelling in (name, str(name).upper()):
        try:
            return zone_info(spelling)
        except KeyError:
            continue
        except (ValueError, TypeError, OSError) as problem:
            # OSError: a directory in the database of time zones.
            raise _config_error(f"Can't locate timezone: {name}", place) from problem
    raise util.CommandError(f"Can't locate timezone: {name}")
