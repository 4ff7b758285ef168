"""What commands say to the user, and the warnings they give."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import contextmanager, suppress

from ._logging import DeferredLogger

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO

log = DeferredLogger("alembic.util.messaging")

_INDENT = "  "


def _terminal_width() -> int | None:
    """Return the columns of the terminal on standard input, None if it is none."""
    try:
        columns = os.get_terminal_size(0).columns
    except (OSError, ValueError, AttributeError):
        return None
    return columns if columns > 0 else None


TERMWIDTH = _terminal_width()


def write_outstream(stream: TextIO, *text: str | bytes, quiet: bool = False) -> None:
    """Write to a stream, with "?" for what its encoding cannot express.

    What cannot be written is lost: a command goes on when nobody reads its output any
    more, as in `alembic history | head`.

    stream: a text stream; text: pieces, bytes are decoded with its encoding.
    quiet: write nothing.
    """
    if quiet:
        return
    encoding = getattr(stream, "encoding", None) or "ascii"
    for piece in text:
        if isinstance(piece, bytes):
            piece = piece.decode(encoding)
        elif not piece.isascii():
            piece = piece.encode(encoding, "replace").decode(encoding)
        try:
            stream.write(piece)
        except OSError:
            return


@contextmanager
def status(
    status_msg: str, newline: bool = False, quiet: bool = False
) -> Iterator[None]:
    """Announce what the block does, and say "done" or "FAILED" after it.

    newline: end the announcement's line; quiet: say nothing.
    """
    msg(f"{status_msg} ...", newline, flush=True, quiet=quiet)
    outcome = "FAILED"
    try:
        yield
        outcome = "done"
    finally:
        write_outstream(sys.stdout, f"  {outcome}\n", quiet=quiet)


def err(message: str, quiet: bool = False) -> None:
    """Report a failure and end the process with status -1 (255 for the shell).

    Raises SystemExit.
    """
    log.error(message)
    msg(f"FAILED: {message}", quiet=quiet)
    sys.exit(-1)


def obfuscate_url_pw(input_url: str) -> str:
    """Return a database URL with its password, if any, as "***".

    Raises sqlalchemy.exc.ArgumentError if it is no URL.
    """
    from sqlalchemy.engine import url

    return url.make_url(input_url).render_as_string(hide_password=True)


def warn(msg: str, stacklevel: int = 2) -> None:
    """Give a UserWarning; stacklevel 2 means: where the caller of `warn` is."""
    _warn(msg, UserWarning, stacklevel + 1)


def warn_deprecated(msg: str, stacklevel: int = 2) -> None:
    """Give a DeprecationWarning; stacklevel as for `warn`."""
    _warn(msg, DeprecationWarning, stacklevel + 1)


# Whether warnings of this package are shown without the line of its source that gives
# them: the command line sets it.
SHORT_WARNINGS = False


def _warn(text: str, category: type[Warning], stacklevel: int) -> None:
    import warnings

    if SHORT_WARNINGS and warnings.formatwarning is not _short:
        global _usual_format
        _usual_format, warnings.formatwarning = warnings.formatwarning, _short
    warnings.warn(text, category, stacklevel=stacklevel)


_usual_format: Any = None


def _short(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Return a warning as one line if its place is in this package."""
    if filename.startswith(os.path.dirname(os.path.dirname(__file__)) + os.sep):
        return f"{category.__name__}: {message}\n"
    text: str = _usual_format(message, category, filename, lineno, line)
    return text


def msg(
    msg: str, newline: bool = True, flush: bool = False, quiet: bool = False
) -> None:
    """Print a message, wrapped and indented if standard input is a terminal.

    newline: end the last line; flush: flush standard output; quiet: do nothing.
    """
    if quiet:
        return
    text = msg if TERMWIDTH is None else _wrapped(msg, TERMWIDTH)
    write_outstream(sys.stdout, text, "\n" if newline else "")
    if flush:
        with suppress(OSError):  # as in `write_outstream`
            sys.stdout.flush()


def _wrapped(text: str, width: int) -> str:
    """Return `text` folded into indented lines of at most `width` columns.

    Lines that it has stay lines, with their own indentation.
    """
    import textwrap

    def folded(line: str) -> str:
        indent = _INDENT + line[: len(line) - len(line.lstrip(" "))]
        return textwrap.fill(
            line.lstrip(" "), width, initial_indent=indent, subsequent_indent=indent
        )

    return "\n".join(map(folded, text.split("\n")))


def format_as_comma(value: str | Iterable[str] | None) -> str:
    """Return names joined with ", ", one name as it is, and "" for None.

    Raises ValueError if `value` is neither.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return ", ".join(value)
    raise ValueError(f"Don't know how to comma-format {value!r}")
