"""Programs that run on each new revision file, as `[post_write_hooks]` configures."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
import sys

from .. import util
from ..util import compat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..util._config import PostWriteHookConfig

REVISION_SCRIPT_TOKEN = "REVISION_SCRIPT_FILENAME"


class HookOptionError(util.CommandError):
    """An option of a hook cannot be what it is; the message names it."""


_registry: dict[str, Callable[..., Any]] = {}


def register(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that makes a function the hook type `name`.

    The function is called with the path of the new file and the hook's options.
    """

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        _registry[name] = function
        return function

    return keep


def _invoke(
    name: str, revision_path: str | os.PathLike[str], options: PostWriteHookConfig
) -> Any:
    """Run a hook of type `name` on a file.

    Raises CommandError if there is no such type.
    """
    function = _registry.get(name)
    if function is None:
        raise util.CommandError(f"No formatter with name '{name}' registered")
    return function(os.fspath(revision_path), options)


def _run_hooks(path: str | os.PathLike[str], hooks: list[PostWriteHookConfig]) -> None:
    """Run the configured hooks on a file, in order.

    Raises CommandError if one has no type, or a type that is not known.
    """
    for hook in hooks:
        name = hook["_hook_name"]
        if "type" not in hook:
            raise util.CommandError(
                f"Key '{name}.type' (or 'type' in toml) is required for post write "
                f"hook {name!r}"
            )
        with util.status(f"Running post write hook {name!r}", newline=True):
            _invoke(hook["type"], path, hook)


def _parse_cmdline_options(cmdline_options_str: str, path: str) -> list[str]:
    """Return a hook's arguments; the path comes first unless a token places it."""
    try:
        words = shlex.split(cmdline_options_str, posix=compat.is_posix)
    except (ValueError, AttributeError, TypeError) as problem:
        raise HookOptionError(
            f"options {cmdline_options_str!r}: {problem}"
        ) from problem
    if REVISION_SCRIPT_TOKEN not in cmdline_options_str:
        return [path, *words]
    return [word.replace(REVISION_SCRIPT_TOKEN, path) for word in words]


def _get_required_option(options: Mapping[str, str], name: str) -> str:
    if name in options:
        return options[name]
    hook = options["_hook_name"]
    raise util.CommandError(
        f"Key {hook}.{name} is required for post write hook {hook!r}"
    )


def _run_hook(
    path: str, options: Mapping[str, str], ignore_output: bool, command: list[str]
) -> None:
    """Run a command with the hook's arguments; its exit status is not looked at.

    Raises CommandError if it cannot be started.
    """
    arguments = _parse_cmdline_options(options.get("options", ""), path)
    silent: dict[str, Any] = {}
    if ignore_output:
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run([*command, *arguments], cwd=options.get("cwd"), **silent)
    except OSError as problem:
        raise util.CommandError(
            f"Could not run {command[0]} for post write hook "
            f"{options.get('_hook_name', command[0])!r}: {problem}"
        ) from problem


@register("console_scripts")
def console_scripts(
    path: str,
    options: dict[str, str],
    ignore_output: bool = False,
    verify_version: tuple[int, ...] | None = None,
) -> None:
    """Run a console script of an installed package, in this Python.

    options: `entrypoint`, the script's name; `options`, its arguments; `cwd`.
    ignore_output: show nothing of what it prints.
    verify_version: the least version that the script's module has to have.
    Raises CommandError if there is no such script.
    """
    name = _get_required_option(options, "entrypoint")
    scripts = compat.importlib_metadata_get("console_scripts")
    found = next((script for script in scripts if script.name == name), None)
    if found is None:
        raise util.CommandError(f"Could not find entrypoint console_scripts.{name}")
    statements = [f"import {found.module}"]
    if verify_version:
        statements.append(
            "assert tuple(int(x) for x in "
            f"{found.module}.__version__.split('.')) >= {verify_version}, "
            f"'need exactly version {verify_version} of {found.name}'"
        )
    statements.append(f"{found.module}.{found.attr}()")
    command = [sys.executable, "-c", "; ".join(statements)]
    _run_hook(path, options, ignore_output, command)


@register("exec")
def exec_(path: str, options: dict[str, str], ignore_output: bool = False) -> None:
    """Run a program.

    options: `executable`, its path or name; `options`, its arguments; `cwd`.
    ignore_output: show nothing of what it prints.
    """
    executable = _get_required_option(options, "executable")
    _run_hook(path, options, ignore_output, [executable])


@register("module")
def module(path: str, options: dict[str, str], ignore_output: bool = False) -> None:
    """Run a module as `python -m` does, in this Python.

    options: `module`, its name; `options`, its arguments; `cwd`.
    ignore_output: show nothing of what it prints.
    Raises CommandError if there is no such module.
    """
    name = _get_required_option(options, "module")
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError) as problem:
        raise HookOptionError(f"module {name!r}: {problem}") from problem
    if found is None:
        raise util.CommandError(f"Could not find module {name}")
    _run_hook(path, options, ignore_output, [sys.executable, "-m", name])
