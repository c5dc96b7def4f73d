"""The cache remembers, forgets, and is never an error."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from greenmod.facts.cache import Cache, cache_file, cache_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "facts.sqlite3"


def remember(file: Path | None, key: bytes, data: bytes) -> None:
    with Cache(file) as cache:
        cache.put({key: data})


def recall(file: Path | None, key: bytes) -> bytes | None:
    with Cache(file) as cache:
        return cache.get(key)


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_remembers_between_runs(file: Path) -> None:
    remember(file, b"key", b"data\0\xff")
    remember(file, b"key", b"newer")
    assert recall(file, b"key") == b"newer"
    assert recall(file, b"other") is None


def test_remembers_nothing_without_a_file() -> None:
    remember(None, b"key", b"data")
    assert recall(None, b"key") is None


def test_lies_in_the_folder_that_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENMOD_CACHE_DIR", str(tmp_path / "there"))
    assert cache_file() == tmp_path / "there" / "facts.sqlite3"


def test_keys_differ_where_their_parts_do() -> None:
    keys = {
        cache_key("a", "b"),
        cache_key("ab"),
        cache_key("a", "b", ""),
        cache_key("", "a", "b"),
        cache_key(b"ab", b""),
    }
    assert len(keys) == 5
    assert cache_key("a", b"b") == cache_key(b"a", "b")


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\0" + b"\xff" * 5000])
def test_starts_anew_when_the_file_is_damaged(damage: bytes, file: Path) -> None:
    remember(file, b"key", b"data")
    file.write_bytes(damage)
    assert recall(file, b"key") is None
    remember(file, b"key", b"data")
    assert recall(file, b"key") == b"data"


def test_survives_a_file_that_is_cut_short(file: Path) -> None:
    with Cache(file) as cache:
        cache.put({bytes([number]): os.urandom(5000) for number in range(100)})
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with Cache(file) as cache:
        assert {type(cache.get(bytes([number]))) for number in range(100)} <= {bytes, type(None)}
        cache.put({b"key": b"data"})


def test_survives_a_file_that_is_overwritten_while_it_is_open(file: Path) -> None:
    with Cache(file) as cache:
        cache.put({b"key": b"data"})
        file.write_bytes(b"\xff" * 100_000)
        assert cache.get(b"key") in (b"data", None)
        cache.put({b"key": b"data"})


def test_forgets_an_entry_that_was_tampered_with(file: Path) -> None:
    remember(file, b"key", b"data")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE entry SET data = ?", (b"12345678tampered",))
    assert recall(file, b"key") is None


def test_leaves_a_locked_file_to_its_owner(file: Path) -> None:
    remember(file, b"key", b"data")
    with locked(file):
        remember(file, b"key", b"other")
        assert recall(file, b"key") in (b"data", None)
    assert recall(file, b"key") == b"data"


def test_opens_while_another_process_writes(file: Path) -> None:
    with Cache(file) as one, Cache(file) as other:
        one.put({b"one": b"1"})
        other.put({b"other": b"2"})
        assert (one.get(b"other"), other.get(b"one")) == (b"2", b"1")


@pytest.mark.parametrize("name", ["n" * 300, "a/facts.sqlite3", "folder.sqlite3"])
def test_does_without_where_there_can_be_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file, no folder")
    (tmp_path / "folder.sqlite3").mkdir()
    remember(tmp_path / name, b"key", b"data")
    assert recall(tmp_path / name, b"key") is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_does_without_where_the_folder_is_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    code = (
        "import os, sys; from pathlib import Path; import greenmod.facts.cache as cache, sqlite3\n"
        "os.setuid(65534)\n"
        "with cache.Cache(Path(sys.argv[1])) as found: found.put({b'a': b'b'}); print(found.get(b'a'))"
    )
    command = [sys.executable, "-c", code, str(closed / "greenmod" / "facts.sqlite3")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("None\n", "")


def test_forgets_the_oldest_beyond_its_size(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("greenmod.facts.cache._KEEP", 10)
    with Cache(file) as cache:
        cache.put({bytes([number]): b"old" for number in range(11)})
        assert sum(cache.get(bytes([number])) is not None for number in range(11)) == 5
