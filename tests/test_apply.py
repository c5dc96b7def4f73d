"""ChangeSet and chosen ids to bytes: exactly the edits, any subset of them, and nothing where the file is stale."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.apply import Rendering, change_alone, formatter, read_baseline, render, rewrite
from greenmod.errors import FileError, StaleFileError
from greenmod.model import Baseline, Change, ChangeSet, Edit, ImportNeed, Replacement, Safety
from greenmod.source import digest


def change(id: str, *edits: Edit, requires: tuple[str, ...] = (), imports: tuple[ImportNeed, ...] = ()) -> Change:
    return Change(id, "codemod", id, "", Safety.SAFE, edits, imports, requires)


A = change("a", Edit("a.py", 0, 1, "aa"))
B = change("b", Edit("a.py", 4, 4, "b"), Edit("b.py", 0, 3, ""), requires=("a",))
C = change("c", Edit("b.py", 4, 7, "three"))
NEW = change("new", Edit("new.py", 0, 0, "x = 1\n"))
PLAN = ChangeSet(changes=(A, B, C, NEW))
BASELINES: Mapping[str, bytes | None] = {"a.py": b"1 + 1\r\n", "b.py": b"one two\n", "new.py": None}


@pytest.mark.parametrize(
    ("ids", "after"),
    [
        ((), {}),
        (("a",), {"a.py": b"aa + 1\r\n"}),
        (("b",), {}),
        (("a", "b"), {"a.py": b"aa + b1\r\n", "b.py": b" two\n"}),
        (("c",), {"b.py": b"one three\n"}),
        (("a", "b", "c"), {"a.py": b"aa + b1\r\n", "b.py": b" three\n"}),
        (("new",), {"new.py": b"x = 1\n"}),
        (("nobody",), {}),
    ],
)
def test_makes_the_chosen_changes_and_no_others(ids: tuple[str, ...], after: dict[str, bytes]) -> None:
    rendering = render(PLAN, ids, BASELINES)
    assert rendering == Rendering({path: BASELINES[path] for path in after}, after)


@given(data=st.binary())
def test_nothing_chosen_is_nothing_changed(data: bytes) -> None:
    assert render(PLAN, (), {"a.py": data}) == Rendering({}, {})


TEXTS = st.text("aé日𝒳 \r\n", max_size=30)


@given(text=TEXTS, cuts=st.lists(st.integers(0, 30), max_size=8), new=st.lists(TEXTS, max_size=4), mark=st.booleans())
def test_bytes_outside_the_edits_stay(text: str, cuts: list[int], new: list[str], mark: bool) -> None:
    cuts = sorted({min(cut, len(text)) for cut in cuts})
    spans = [(start, end, part) for start, end, part in zip(cuts[::2], cuts[1::2], new, strict=False)]
    bom = b"\xef\xbb\xbf" * mark
    edits = [
        Edit("m.py", len(bom) + len(text[:start].encode()), len(bom) + len(text[:end].encode()), part)
        for start, end, part in reversed(spans)
    ]
    expected, at = "", 0
    for start, end, part in spans:
        expected += text[at:start] + part
        at = end
    assert rewrite("m.py", bom + text.encode(), edits) == bom + (expected + text[at:]).encode()


def test_text_goes_in_as_the_file_is_encoded() -> None:
    data = b"# coding: latin-1\nx = '\xe9'\n"
    assert rewrite("m.py", data, [Edit("m.py", 18, 19, "ü")]) == b"# coding: latin-1\n\xfc = '\xe9'\n"
    with pytest.raises(FileError, match="can't hold '→'"):
        rewrite("m.py", data, [Edit("m.py", 18, 19, "→")])


def test_insertion_stands_before_what_is_replaced_there() -> None:
    edits = [Edit("m.py", 0, 1, "client"), Edit("m.py", 0, 0, "await ")]
    assert rewrite("m.py", b"c.get()\n", edits) == b"await client.get()\n"


def test_imports_join_when_their_change_is_chosen() -> None:
    need = ImportNeed("a.py", "m", "n")
    plan = ChangeSet(
        changes=(change("a", Edit("a.py", 0, 1, "n()"), imports=(need,)), change("b", Edit("a.py", 2, 3, "y")))
    )
    baselines = {"a.py": b"x\nz\n"}
    assert render(plan, ("a", "b"), baselines).after == {"a.py": b"from m import n\n\nn()\ny\n"}
    assert render(plan, ("b",), baselines).after == {"a.py": b"x\ny\n"}


def test_import_alone_touches_its_file_too() -> None:
    plan = ChangeSet(changes=(change("a", Edit("a.py", 0, 1, "y"), imports=(ImportNeed("b.py", "m", "n"),)),))
    assert render(plan, ("a",), {"a.py": b"x", "b.py": b"z\n"}).after == {
        "a.py": b"y",
        "b.py": b"from m import n\n\nz\n",
    }


def test_shared_import_is_written_once() -> None:
    need = ImportNeed("a.py", "m", "n")
    plan = ChangeSet(
        changes=tuple(change(str(n), Edit("a.py", n * 2, n * 2 + 1, "n()"), imports=(need,)) for n in range(3))
    )
    assert render(plan, ("0", "1", "2"), {"a.py": b"a\nb\nc\n"}).after == {
        "a.py": b"from m import n\n\nn()\nn()\nn()\n"
    }


def test_replaces_files_as_wholes() -> None:
    files = (Replacement("c.bin", b"\0"), Replacement("b.py", None))
    one = Change("one", "c", "t", "", Safety.SAFE, (Edit("a.py", 0, 1, "2"),), files=files)
    rendering = render(ChangeSet(changes=(one,)), ("one",), {"a.py": b"1\n", "b.py": b"b\n", "c.bin": None})
    assert (one.path, one.paths) == ("a.py", ("a.py", "b.py", "c.bin"))
    assert rendering.before == {"a.py": b"1\n", "b.py": b"b\n", "c.bin": None}
    assert rendering.after == {"a.py": b"2\n", "b.py": None, "c.bin": b"\0"}


def test_import_into_a_file_that_python_cannot_parse_is_refused() -> None:
    with pytest.raises(FileError, match="an import can't be added"):
        rewrite("m.py", b"print 1\n", [], [ImportNeed("m.py", "m", "n")])


def test_one_change_is_shown_without_what_it_requires() -> None:
    assert change_alone(B, BASELINES).after == {"a.py": b"1 + b1\r\n", "b.py": b" two\n"}


def test_settling_gets_the_files_that_were_there() -> None:
    seen: list[tuple[dict[str, bytes], dict[str, bytes]]] = []

    def settle(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> dict[str, bytes]:
        seen.append((dict(before), dict(after)))
        return {path: data.upper() for path, data in after.items()}

    rendering = render(PLAN, ("a", "new"), BASELINES, settle)
    assert seen == [({"a.py": b"1 + 1\r\n"}, {"a.py": b"aa + 1\r\n", "new.py": b"x = 1\n"})]
    assert rendering.after == {"a.py": b"AA + 1\r\n", "new.py": b"X = 1\n"}


def test_formatter_leaves_a_project_without_one_alone(tmp_path: Path) -> None:
    assert formatter(tmp_path)({"a.py": b"x\n"}, {"a.py": b"y  \n"}) == {"a.py": b"y  \n"}


def test_reads_a_baseline_that_is_what_was_planned_on(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x\n")
    plan = ChangeSet({"a.py": Baseline("a.py", digest(b"x\n")), "new.py": Baseline("new.py", None)})
    assert read_baseline(tmp_path, plan, "a.py") == b"x\n"
    assert read_baseline(tmp_path, plan, "new.py") is None


@pytest.mark.parametrize("data", [None, b"y\n", b""])
def test_refuses_a_baseline_that_changed(data: bytes | None, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "a.py").write_bytes(data)
    plan = ChangeSet({"a.py": Baseline("a.py", digest(b"x\n"))})
    with pytest.raises(StaleFileError, match=r"a\.py:1: changed after the run was planned"):
        read_baseline(tmp_path, plan, "a.py")


def test_refuses_a_new_file_that_came_in_between(tmp_path: Path) -> None:
    (tmp_path / "new.py").touch()
    with pytest.raises(StaleFileError):
        read_baseline(tmp_path, ChangeSet({"new.py": Baseline("new.py", None)}), "new.py")
