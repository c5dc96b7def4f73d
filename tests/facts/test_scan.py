"""Scans remember what did not change, and never miss what did."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenmod.facts.cache import Cache
from greenmod.facts.scan import scan_cached
from greenmod.prefilter import Gate

GATE = Gate({"one": ("word",), "two": (("left", "right"),)})


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(tmp_path / "cache" / "facts.sqlite3") as cache:
        yield cache


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def write(root: Path, files: dict[str, str]) -> Sequence[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return sorted(files)


class CountingGate(Gate):
    """Counts the files that are really read."""

    reads = 0

    def names(self, data: bytes) -> tuple[str, ...]:
        self.reads += 1
        return super().names(data)


@pytest.fixture
def _trusted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files written a moment ago are read again; here none is that young."""
    monkeypatch.setattr("greenmod.facts.stats._RACY", -time.time_ns())


def test_finds_the_files_that_concern_a_codemod(root: Path, cache: Cache) -> None:
    paths = write(root, {"a.py": "word", "b.py": "left or right, word", "c.py": "left", "d/é.py": "right left"})
    expected = {"a.py": ("one",), "b.py": ("one", "two"), "d/é.py": ("two",)}
    assert scan_cached(root, paths, GATE, cache) == expected
    assert scan_cached(root, paths, GATE, cache) == expected


@pytest.mark.usefixtures("_trusted_at_once")
def test_reads_an_unchanged_file_once(root: Path, cache: Cache) -> None:
    gate = CountingGate({"one": ("word",)})
    paths = write(root, {"a.py": "word", "b.py": ""})
    assert scan_cached(root, paths, gate, cache) == {"a.py": ("one",)}
    write(root, {"b.py": "word"})
    assert scan_cached(root, paths, gate, cache) == {"a.py": ("one",), "b.py": ("one",)}
    assert gate.reads == 3


@pytest.mark.usefixtures("_trusted_at_once")
def test_reads_everything_again_for_other_words(root: Path, cache: Cache) -> None:
    paths = write(root, {"a.py": "word"})
    scan_cached(root, paths, GATE, cache)
    assert scan_cached(root, paths, Gate({"one": ("nothing",)}), cache) == {}


def test_file_touched_a_moment_ago_is_not_trusted(root: Path, cache: Cache) -> None:
    paths = write(root, {"a.py": "xxxx"})
    assert scan_cached(root, paths, GATE, cache) == {}
    status = (root / "a.py").stat()
    (root / "a.py").write_text("word")
    os.utime(root / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert scan_cached(root, paths, GATE, cache) == {"a.py": ("one",)}


@pytest.mark.usefixtures("_trusted_at_once")
def test_change_with_the_old_time_stamp_is_noticed(root: Path, cache: Cache) -> None:
    paths = write(root, {"a.py": "xxxx"})
    scan_cached(root, paths, GATE, cache)
    status = (root / "a.py").stat()
    time.sleep(0.02)  # the change time of the kernel moves every few milliseconds
    (root / "a.py").write_text("word")
    os.utime(root / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert scan_cached(root, paths, GATE, cache) == {"a.py": ("one",)}


@pytest.mark.usefixtures("_trusted_at_once")
def test_files_that_come_and_go_are_noticed(root: Path, cache: Cache) -> None:
    paths = write(root, {"a.py": "word", "b.py": "word"})
    scan_cached(root, paths, GATE, cache)
    (root / "a.py").unlink()
    assert scan_cached(root, paths, GATE, cache) == {"b.py": ("one",)}
    write(root, {"a.py": "left right"})
    assert scan_cached(root, paths, GATE, cache) == {"a.py": ("two",), "b.py": ("one",)}
    assert scan_cached(root, ["b.py"], GATE, cache) == {"b.py": ("one",)}
    assert scan_cached(root, [], GATE, cache) == {}
    assert scan_cached(root, paths, GATE, cache) == {"a.py": ("two",), "b.py": ("one",)}


def test_two_repositories_do_not_answer_for_each_other(root: Path, cache: Cache) -> None:
    other = root.with_name("other")
    write(root, {"a.py": "word"})
    write(other, {"a.py": "none"})
    assert scan_cached(root, ["a.py"], GATE, cache) == {"a.py": ("one",)}
    assert scan_cached(other, ["a.py"], GATE, cache) == {}


@pytest.mark.skipif(os.name == "nt", reason="such names are not possible on Windows")
@pytest.mark.usefixtures("_trusted_at_once")
def test_odd_file_names_are_remembered(root: Path, cache: Cache) -> None:
    odd = ["a\nb.py", os.fsdecode(b"\xff.py"), " .py", "c\td.py"]
    write(root, dict.fromkeys(odd, "word"))
    expected = dict.fromkeys(odd, ("one",))
    assert scan_cached(root, odd, GATE, cache) == expected
    assert scan_cached(root, odd, GATE, cache) == expected
    assert scan_cached(root, [*odd, "new.py"], GATE, cache) == expected


@settings(max_examples=40, deadline=None)
@given(
    versions=st.lists(
        st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "word", "left", "left right"])), max_size=5
    )
)
def test_answers_as_without_a_cache(versions: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("scanned")
    with Cache(root / "cache.sqlite3") as cache:
        for version in versions:
            paths = write(root, version)
            assert scan_cached(root, paths, GATE, cache) == scan_cached(root, paths, GATE, Cache(None))
