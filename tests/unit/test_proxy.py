"""Modules that stand for the object in use, from several threads and tasks."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

from alembic_c.util._proxy import ModuleClsProxy, serve_as_proxy


class Ship(ModuleClsProxy):
    """What the module of the tests stands for."""

    port: str | None = None

    def __init__(self, name: str, port: str | None = None) -> None:
        self.name = name
        self.port = port

    def hail(self, greeting: str = "ahoy") -> str:
        """Call the ship."""
        return f"{greeting} {self.name}"

    def _secret(self) -> str:
        raise AssertionError("not to be served")


class Steamer(Ship):
    """A class of a program that extends ours."""


@pytest.fixture
def ships() -> Iterator[ModuleType]:
    module = ModuleType("ships_of_the_tests")
    sys.modules[module.__name__] = module
    serve_as_proxy(module.__name__, Ship.__module__, Ship.__name__)
    yield module
    if hasattr(module, "_proxy"):
        del module._proxy
    del sys.modules[module.__name__]


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what a function gives, or the error it ends with, in a bare thread."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(function())
        except Exception as error:  # noqa: BLE001 - handed to the test
            outcome.append(error)

    # From Python 3.14 a thread may inherit its starter's context; this one must not.
    thread = threading.Thread(target=contextvars.Context().run, args=(run,))
    thread.start()
    thread.join()
    return outcome[0]


def test_function_can_be_imported_before_any_object_is_in_use(ships: Any) -> None:
    hail = ships.hail
    with pytest.raises(NameError) as error:
        hail()
    assert str(error.value) == (
        "Can't invoke function 'hail', as the proxy object has not yet been "
        "established for the Alembic 'Ship' class.  Try placing this code inside a "
        "callable."
    )
    Ship("Ann")._install_proxy()
    assert hail("hello") == "hello Ann"


def test_function_describes_itself_as_the_modules(ships: Any) -> None:
    assert ships.hail.__name__ == ships.hail.__qualname__ == "hail"
    assert ships.hail.__module__ == ships.__name__
    assert ships.hail.__doc__ == "Call the ship."


def test_attribute_is_there_only_while_an_object_is_in_use(ships: Any) -> None:
    assert not hasattr(ships, "port")
    ship = Ship("Ann", port="Oslo")
    ship._install_proxy()
    assert ships.port == "Oslo"
    ship._remove_proxy()
    assert not hasattr(ships, "port")


def test_private_and_unknown_names_are_not_served(ships: Any) -> None:
    assert not hasattr(ships, "_secret")
    assert not hasattr(ships, "create_module_class_proxy")
    with pytest.raises(AttributeError, match="has no attribute 'sink'"):
        ships.sink  # noqa: B018


def test_names_for_dir_and_star_import(ships: Any) -> None:
    assert {"hail", "Ship"} <= set(dir(ships))
    namespace: dict[str, Any] = {}
    exec("from ships_of_the_tests import *", namespace)
    assert "hail" in namespace
    assert "_install_proxy" not in namespace


def test_method_added_later_is_served(ships: Any) -> None:
    dock = lambda self: f"docked {self.name}"  # noqa: E731
    with mock.patch.object(Ship, "dock", dock, create=True):
        Ship("Ann")._install_proxy()
        assert ships.dock() == "docked Ann"


def test_inner_object_covers_outer_one(ships: Any) -> None:
    outer, inner = Ship("outer"), Ship("inner")
    outer._install_proxy()
    inner._install_proxy()
    assert ships.hail() == "ahoy inner"
    inner._remove_proxy()
    assert ships.hail() == "ahoy outer"
    outer._remove_proxy()
    assert ships._proxy is None


def test_removing_in_another_order(ships: Any) -> None:
    outer, inner = Ship("outer"), Ship("inner")
    outer._install_proxy()
    inner._install_proxy()
    outer._remove_proxy()
    assert ships.hail() == "ahoy inner"
    inner._remove_proxy()
    assert ships._proxy is None


def test_removing_in_another_thread(ships: Any) -> None:
    ship = Ship("Ann")
    ship._install_proxy()
    in_thread(ship._remove_proxy)
    assert ships._proxy is None


def test_removing_what_is_not_in_use_changes_nothing(ships: Any) -> None:
    ship = Ship("Ann")
    ship._install_proxy()
    Ship("Bea")._remove_proxy()
    assert ships._proxy is ship


def test_subclass_is_served_by_the_module_of_its_base(ships: Any) -> None:
    steamer = Steamer("Cora")
    steamer._install_proxy()
    assert ships._proxy is steamer


def test_proxy_attribute_can_be_set_and_deleted(ships: Any) -> None:
    assert not hasattr(ships, "_proxy")
    ships._proxy = Ship("Ann")
    ships._proxy = Ship("Bea")
    assert ships.hail() == "ahoy Bea"
    del ships._proxy
    assert not hasattr(ships, "_proxy")
    with pytest.raises(NameError):
        ships.hail()


def test_function_can_be_patched(ships: Any) -> None:
    Ship("Ann")._install_proxy()
    with mock.patch.object(ships, "hail", return_value="patched"):
        assert ships.hail() == "patched"
    assert ships.hail() == "ahoy Ann"


def test_two_threads_have_objects_of_their_own(ships: Any) -> None:
    both_in_use = threading.Barrier(2)

    def use(name: str) -> str:
        ship = Ship(name)
        ship._install_proxy()
        both_in_use.wait(10)
        heard = str(ships.hail())
        both_in_use.wait(10)
        ship._remove_proxy()
        return heard

    heard: dict[str, str] = {}
    threads = [
        threading.Thread(target=lambda name=name: heard.update({name: use(name)}))
        for name in ("Ann", "Bea")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"Ann": "ahoy Ann", "Bea": "ahoy Bea"}


def test_two_tasks_have_objects_of_their_own(ships: Any) -> None:
    async def use(name: str) -> str:
        ship = Ship(name)
        ship._install_proxy()
        await asyncio.sleep(0)
        heard = str(ships.hail())
        await asyncio.sleep(0)
        ship._remove_proxy()
        return heard

    async def both() -> list[str]:
        return list(await asyncio.gather(use("Ann"), use("Bea")))

    assert asyncio.run(both()) == ["ahoy Ann", "ahoy Bea"]


def test_thread_without_context_gets_the_only_object(ships: Any) -> None:
    Ship("outer")._install_proxy()
    inner = Ship("inner")
    inner._install_proxy()
    assert in_thread(ships.hail) == "ahoy inner"
    inner._remove_proxy()
    assert in_thread(ships.hail) == "ahoy outer"


def test_thread_without_context_never_gets_one_of_several(ships: Any) -> None:
    Ship("Ann")._install_proxy()

    def with_second_in_use() -> Any:
        ship = Ship("Bea")
        ship._install_proxy()
        try:
            return in_thread(ships.hail)
        finally:
            ship._remove_proxy()

    error = in_thread(with_second_in_use)
    assert isinstance(error, RuntimeError)
    assert "2 'Ship' objects are in use" in str(error)
    assert in_thread(ships.hail) == "ahoy Ann"


def test_what_a_thread_leaves_installed_ends_with_it(ships: Any) -> None:
    in_thread(Ship("Ann")._install_proxy)
    assert in_thread(lambda: ships._proxy) is None


def test_op_and_context_import_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from alembic_c import context, op\n"
        "print([m for m in ('sqlalchemy', 'mako') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
