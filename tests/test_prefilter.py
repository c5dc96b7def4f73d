"""The cheap question: which codemods could a file's bytes concern."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.prefilter import Gate, scan, search

GATE = Gate({"any": ("orm_mode", "é"), "both": (("AsyncClient", "app"), "other"), "either": ("orm",)})


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"", ()),
        (b"nothing here", ()),
        (b"x.orm_mode = 1", ("any", "either")),
        (b"norm", ("either",)),
        ("'é'".encode(), ("any",)),
        (b"AsyncClient(app)", ("both",)),
        (b"apps", ()),
        (b"AsyncClient", ()),
        (b"app ... AsyncClient", ("both",)),
        (b"other\0binary", ("both",)),
    ],
)
def test_names_the_codemods_that_a_file_could_concern(data: bytes, names: Sequence[str]) -> None:
    assert GATE.names(data) == names


def test_codemod_without_triggers_looks_at_every_file() -> None:
    assert Gate({"all": (), "word": ("x",)}).names(b"") == ("all",)
    assert Gate({"all": (), "word": ("x",)}).names(b"x") == ("all", "word")


def test_no_codemods_look_at_nothing() -> None:
    assert Gate({}).names(b"x") == ()


def test_pattern_is_asked_of_files_that_passed() -> None:
    gate = Gate({"a": ("orm_mode",), "b": ()}, {"a": r"orm_mode\s*=", "b": r"^\s*x", "c": ""})
    assert gate.names(b"orm_mode = 1") == ("a",)
    assert gate.names(b"orm_mode: 1") == ()
    assert gate.names(b"  x") == ("b",)


def test_fingerprint_differs_where_answers_could() -> None:
    gates = [
        Gate({"a": ("x",)}),
        Gate({"b": ("x",)}),
        Gate({"a": ("y",)}),
        Gate({"a": ("x", "y")}),
        Gate({"a": (("x", "y"),)}),
        Gate({"a": ("x",)}, {"a": "z"}),
        Gate({"a": ()}),
    ]
    assert len({gate.fingerprint for gate in gates}) == len(gates)


WORDS = st.sampled_from(["a", "ab", "abc", "bc", "c", "é", "xy"])


@given(
    triggers=st.dictionaries(
        st.sampled_from(["one", "two", "three"]), st.lists(WORDS | st.lists(WORDS, min_size=1, max_size=3), max_size=3)
    ),
    text=st.lists(st.sampled_from(["a", "b", "c", "é", "x", "y", " "]), max_size=12).map("".join),
)
def test_answers_as_a_plain_search_does(triggers: dict[str, list[str | list[str]]], text: str) -> None:
    expected = tuple(
        name
        for name, entries in triggers.items()
        if not entries or any(all(word in text for word in ([e] if isinstance(e, str) else e)) for e in entries)
    )
    assert Gate(triggers).names(text.encode()) == expected


def test_reads_large_files_to_their_end(tmp_path: Path) -> None:
    for size in ((1 << 16) - 4, (1 << 16) - 2, 1 << 16, (1 << 20) + (1 << 16) - 2, 5 << 20):
        (tmp_path / "large.py").write_bytes(b"x" * size + b"other")
        assert dict(scan(tmp_path, ["large.py"], GATE)) == {"large.py": ("both",)}


def test_skips_files_that_are_gone_and_keeps_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "a.py").write_text("other")
    found = dict(scan(tmp_path, ["gone.py", "folder.py", "a.py"], GATE))
    assert found == {"folder.py": ("any", "both", "either"), "a.py": ("both",)}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes of this kind")
def test_does_not_wait_for_a_named_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    assert dict(scan(tmp_path, ["pipe.py"], GATE)) == {}


@given(st.lists(st.text("ab_", min_size=1, max_size=3), min_size=1, max_size=6), st.text("ab_ ", max_size=30))
def test_search_finds_every_word_that_is_there(words: list[str], text: str) -> None:
    with TemporaryDirectory() as name:
        (Path(name) / "a.py").write_text(text)
        found = dict(search(Path(name), ["a.py", "gone.py"], words))
    expected = frozenset(word for word in words if word in text)
    assert found == ({"a.py": expected} if expected else {})
