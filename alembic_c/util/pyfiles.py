"""Templates to files, and files to modules."""

from __future__ import annotations

import errno
import os
import re

from .exc import CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

_SEPARATOR = b"\n\n"
# What file systems without hard links answer.
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})


def template_to_file(
    template_file: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    output_encoding: str,
    *,
    append_with_newlines: bool = False,
    **kw: Any,
) -> None:
    """Render a Mako template into a file, which appears complete or not at all.

    output_encoding: the encoding of the file.
    append_with_newlines: keep what the file has, put an empty line and the result
        behind it.
    kw: the template's variables.
    Raises CommandError, with the name of a file that holds the template's traceback,
    if the template fails or there is no such encoding; OSError if a file cannot be
    read or written.
    """
    rendered = _render(os.fspath(template_file), output_encoding, kw)
    if append_with_newlines:
        rendered = _SEPARATOR + rendered
    write_whole(dest, rendered, append=append_with_newlines)


def template_to_new_file(
    template_file: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    output_encoding: str,
    variables: dict[str, Any],
) -> None:
    """Render a Mako template into a file that is not there yet.

    Of several processes that write the same file at once, one succeeds.
    Raises FileExistsError, and leaves the file as it is; otherwise as
    `template_to_file`.
    """
    rendered = _render(os.fspath(template_file), output_encoding, variables)
    _write_scratch(os.path.realpath(dest), rendered, None, _link)


def _render(template_file: str, encoding: str, variables: dict[str, Any]) -> bytes:
    from mako.template import Template

    template = Template(filename=template_file)
    try:
        text: str = template.render_unicode(**variables)
        return text.encode(encoding)
    except Exception as problem:
        report = _write_report()
        raise CommandError(
            f"Template rendering failed; see {report} for a "
            "template-oriented traceback."
        ) from problem


def _write_report() -> str:
    """Write the traceback of the current error, in the template's terms."""
    import tempfile

    from mako import exceptions

    with tempfile.NamedTemporaryFile(suffix=".txt", delete=False) as report:
        text: str = exceptions.text_error_template().render_unicode()
        report.write(text.encode("utf-8", "backslashreplace"))
        return report.name


def write_whole(
    dest: str | os.PathLike[str], content: bytes, *, append: bool = False
) -> None:
    """Write a file so that other eyes see the old content or the new, nothing between.

    append: put `content` behind what the file has.
    A file that exists keeps its permissions; a symbolic link keeps pointing to it.
    Raises OSError, and leaves the old content, if that fails.
    """
    target = os.path.realpath(dest)
    mode = None
    if os.path.exists(target):
        if not os.path.isfile(target):
            # A device or a pipe cannot be replaced, only written to.
            with open(target, "ab") as stream:
                stream.write(content)
            return
        mode = os.stat(target).st_mode & 0o7777
        if append:
            with open(target, "rb") as stream:
                content = stream.read() + content
    _write_scratch(target, content, mode, os.replace)


def _write_scratch(
    target: str,
    content: bytes,
    mode: int | None,
    put_in_place: Callable[[str, str], None],
) -> None:
    """Write a file beside the target, which is then put in its place.

    mode: its permissions, None for the usual ones.
    put_in_place: called with both paths.
    Raises OSError, which names the target.
    """
    # The leading dot and the suffix keep the scan of revision files off it.  The name
    # is short however long the target's, and new even if a process that had our number
    # left its own behind.
    scratch = os.path.join(
        os.path.dirname(target), f".alembic.{os.urandom(6).hex()}.tmp"
    )
    try:
        with open(scratch, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            os.chmod(scratch, mode)
        put_in_place(scratch, target)
    except BaseException as problem:
        if os.path.exists(scratch):
            os.unlink(scratch)
        if isinstance(problem, OSError) and problem.filename == scratch:
            raise OSError(problem.errno, problem.strerror, target) from problem
        raise


def _link(scratch: str, target: str) -> None:
    """Give a file its name, unless another one has it.

    Raises FileExistsError.
    """
    try:
        os.link(scratch, target)
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        # The name is taken first, by an empty file.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        os.replace(scratch, target)
    else:
        os.unlink(scratch)


def coerce_resource_to_filename(fname_or_resource: str) -> pathlib.Path:
    """Return the path that a file name, or `package:path/inside`, stands for.

    What is inside may be parted by colons too: `package:path:inside`.
    Raises ModuleNotFoundError if there is no such package, TypeError if it is none.
    """
    import pathlib

    package, colon, inside = fname_or_resource.partition(":")
    is_path = os.path.isabs(fname_or_resource) or set(package) & set("/\\")
    if colon and not is_path:
        return _resource_path(package, list(filter(None, inside.split(":"))))
    return pathlib.Path(fname_or_resource)


def _resource_path(package: str, parts: list[str]) -> pathlib.Path:
    import atexit
    from contextlib import ExitStack
    from importlib import resources

    # Python copies directories of packages without `__init__.py`, or refuses them: a
    # new revision has to be written to the real one.
    found = [folder.joinpath(*parts) for folder in _namespace_folders(package)]
    if found:
        return next(filter(os.path.exists, found), found[0])
    # A package in an archive is unpacked; that lives as long as the process.
    unpacked = ExitStack()
    atexit.register(unpacked.close)
    node = resources.files(package)
    for part in parts:
        node = node / part
    return unpacked.enter_context(resources.as_file(node))


def _namespace_folders(package: str) -> list[pathlib.Path]:
    """Return the directories of a package that has no `__init__.py`."""
    import pathlib
    from importlib import import_module

    module = import_module(package)
    if getattr(module, "__file__", None) is not None:
        return []
    return [
        pathlib.Path(p) for p in getattr(module, "__path__", ()) if os.path.isdir(p)
    ]


def pyc_file_from_path(path: str | os.PathLike[str]) -> pathlib.Path | None:
    """Return the compiled file of a source file that may be gone, None if it has none.

    Looks for the file that this Python would cache, then for one beside the source.
    """
    import pathlib
    from importlib.util import cache_from_source

    source = pathlib.Path(path)
    cached = pathlib.Path(cache_from_source(os.fspath(path)))
    for candidate in (cached, source.with_suffix(".pyc")):
        if candidate.exists():
            return candidate
    return None


def load_python_file(
    dir_: str | os.PathLike[str], filename: str | os.PathLike[str]
) -> ModuleType:
    """Execute `filename` in directory `dir_` and return the module, not registered.

    A `.py` file that is gone is replaced by its compiled file, if that is there.
    Raises ImportError if neither is, and whatever the file raises.
    """
    # Runs for each migration: os.path takes a quarter of the time of pathlib.
    path = os.path.join(dir_, filename)
    extension = os.path.splitext(path)[1]
    if extension not in (".py", ".pyc"):
        raise AssertionError(f"{path} is neither a .py nor a .pyc file")
    if extension == ".py" and not os.path.exists(path):
        compiled = pyc_file_from_path(path)
        if compiled is None:
            raise ImportError(f"Can't find Python file {path}")
        path = os.fspath(compiled)
    return load_module_py(re.sub(r"\W", "_", os.fspath(filename)), path)


def load_module_py(module_id: str, path: str | os.PathLike[str]) -> ModuleType:
    """Execute a source or compiled file as a module of the given name.

    The module is not put into `sys.modules`: two trees may have files of one name.
    """
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(module_id, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"Can't load {path} as Python", path=os.fspath(path))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
