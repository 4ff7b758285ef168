"""The throwaway server: where its files are, and who removes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from alembic_c.testkit import _cluster

MAKE = """
import sys
from alembic_c.testkit._cluster import Cluster
cluster = Cluster()
(cluster.directory / "data").mkdir()
print(cluster.directory, flush=True)
sys.stdin.read()
"""


def test_what_a_killed_process_leaves_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    alive, killed = (
        subprocess.Popen(
            [sys.executable, "-c", MAKE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    )
    with alive, killed:
        places = []
        for process in (alive, killed):
            assert process.stdout is not None
            places.append(Path(process.stdout.readline().strip()))
        (tmp_path / "alembic_c_pg_of_others").mkdir()
        for name in ("in_use", "data/file"):
            (tmp_path / "project" / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / "project" / name).touch()
        (tmp_path / "alembic_c_pg_link").symlink_to(tmp_path / "project")
        killed.kill()
        killed.wait()
        own = _cluster.Cluster()
        there = {path.name for path in tmp_path.iterdir()}
        others = {"alembic_c_pg_of_others", "alembic_c_pg_link", "project"}
        assert there == {places[0].name, own.directory.name, *others}
        assert (tmp_path / "project" / "data" / "file").exists()
        own.stop()
        assert not own.directory.exists()


def test_side_files_are_left_out_of_all_copies(tmp_path: Path) -> None:
    places = [tmp_path / "base" / number for number in ("1", "4")]
    kept = {"1259", "1259.1", "16384_init", "pg_filenode.map", "PG_VERSION"}
    for place in places:
        place.mkdir(parents=True)
        for name in (*kept, "1259_fsm", "1259_vm"):
            (place / name).touch()
    (tmp_path / "global").mkdir()
    (tmp_path / "global" / "1262_fsm").touch()
    _cluster._remove_side_files(tmp_path)
    for place in places:
        assert {path.name for path in place.iterdir()} == kept
    assert (tmp_path / "global" / "1262_fsm").exists()


def test_it_is_in_memory_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(_cluster, "_MEMORY", str(memory))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(_cluster, "_ROOM", 1)
    assert _cluster._parent() == memory
    monkeypatch.setattr(_cluster, "_ROOM", 1 << 60)
    assert _cluster._parent() != memory
    monkeypatch.setattr(_cluster, "_ROOM", 1)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert _cluster._parent() != memory
