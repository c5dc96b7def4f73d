"""Files before and after, cut into hunks: together they give the bytes after, alone each is a change of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.model import Change, Edit, Replacement, Safety
from greenmod.patches.hunks import Difference, Origin, make_patch
from greenmod.patches.patch import Patch

Files = Mapping[str, bytes | None]
ORIGIN = Origin("diff", "from x.patch")


def patch_of(before: Files, after: Files, renames: Mapping[str, str] | None = None) -> Patch:
    return make_patch(Difference(before, after, renames or {}, {}), ORIGIN)


def lines(count: int, **others: bytes) -> bytes:
    """Return numbered lines; `l3=b"x"` is another third line."""
    return b"".join(others.get(f"l{number}", b"%d" % number) + b"\n" for number in range(1, count + 1))


def titles(patch: Patch) -> list[tuple[str, str]]:
    return [(change.id, change.title) for change in patch.plan.changes]


def test_makes_a_change_of_each_hunk() -> None:
    before, after = lines(30), lines(30, l12=b"twelve\nand more")
    assert patch_of({"a.py": before}, {"a.py": after}).plan.changes == (
        Change(
            id="a.py:12",
            codemod="diff",
            title="Replace 1 line by 2",
            why="from x.patch",
            safety=Safety.UNSAFE,
            edits=(Edit("a.py", 24, 27, "twelve\nand more\n"),),
            line=12,
        ),
    )


def test_names_the_line_of_the_new_file() -> None:
    patch = patch_of({"a.py": lines(40)}, {"a.py": lines(40, l1=b"new\n1", l20=b"x", l40=b"40\nend")})
    assert titles(patch) == [("a.py:1", "Add 1 line"), ("a.py:21", "Replace 1 line"), ("a.py:42", "Add 1 line")]


def test_cuts_at_the_first_and_the_last_line() -> None:
    patch = patch_of({"a.py": lines(20)}, {"a.py": lines(20)[2:-3]})
    assert titles(patch) == [("a.py:1", "Remove 1 line"), ("a.py:19", "Remove 1 line")]
    assert patch.render(["a.py:19"]) == {"a.py": lines(19)}


def test_joins_what_git_would_show_in_one_hunk() -> None:
    near = patch_of({"a.py": lines(20)}, {"a.py": lines(20, l5=b"x", l12=b"y")})
    far = patch_of({"a.py": lines(20)}, {"a.py": lines(20, l5=b"x", l13=b"y")})
    assert titles(near) == [("a.py:5", "Replace 2 lines")]
    assert len(near.plan.changes[0].edits) == 2
    assert titles(far) == [("a.py:5", "Replace 1 line"), ("a.py:13", "Replace 1 line")]


@pytest.mark.parametrize(
    ("path", "before", "after", "edit"),
    [
        ("a.py", b"a\r\nb\r\nc\r\n", b"a\r\nB\r\nc\r\n", Edit("a.py", 3, 6, "B\r\n")),
        ("a.py", b"a\nb", b"a\nb\n", Edit("a.py", 2, 3, "b\n")),
        ("a.py", b"a\nb\n", b"a\nb", Edit("a.py", 2, 4, "b")),
        ("a.py", b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n", Edit("a.py", 0, 5, "\ufeffb\n")),
        ("a.py", b"\xef\xbb\xbfa\n", b"a\n", Edit("a.py", 0, 5, "a\n")),
        ("a.py", b"a\rb\n", b"a\rc\n", Edit("a.py", 0, 4, "a\rc\n")),
        ("l.py", b"# coding: latin-1\n'\xe9'\n", b"# coding: latin-1\n'\xe8'\n", Edit("l.py", 18, 22, "'è'\n")),
        ("a.txt", b"", b"x\n", Edit("a.txt", 0, 0, "x\n")),
    ],
    ids=["crlf", "last-line-ended", "last-line-unended", "bom-stays", "bom-goes", "lone-cr", "latin-1", "was-empty"],
)
def test_gives_the_very_bytes(path: str, before: bytes, after: bytes, edit: Edit) -> None:
    patch = patch_of({path: before}, {path: after})
    assert [change.edits for change in patch.plan.changes] == [(edit,)]
    assert patch.render(patch.plan.ids) == {path: after}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("a.bin", b"\x00\x01\n", b"\x00\x02\n"),
        ("a.txt", b"\xe9\n", b"\xe8\n"),
        ("a.py", "'é'\n".encode(), b"# coding: latin-1\n'\xe9'\n"),
    ],
    ids=["binary", "unknown-encoding", "new-encoding"],
)
def test_replaces_a_file_that_no_text_can_say(path: str, before: bytes, after: bytes) -> None:
    (change,) = patch_of({path: before}, {path: after}).plan.changes
    assert (change.id, change.title) == (f"{path}:1", "Replace the file, which is not plain text")
    assert (change.edits, change.files) == ((), (Replacement(path, after),))


def test_takes_new_and_deleted_files_whole() -> None:
    before = {"new.py": None, "empty.py": None, "new.bin": None, "gone.py": b"x\n"}
    after = {"new.py": b"x = 1\n", "empty.py": b"", "new.bin": b"\0", "gone.py": None}
    patch = patch_of(before, after)
    assert [(change.id, change.title, change.edits, change.files) for change in patch.plan.changes] == [
        ("empty.py:1", "Add the file", (), (Replacement("empty.py", b""),)),
        ("gone.py:1", "Delete the file", (), (Replacement("gone.py", None),)),
        ("new.bin:1", "Add the file", (), (Replacement("new.bin", b"\0"),)),
        ("new.py:1", "Add the file", (Edit("new.py", 0, 0, "x = 1\n"),), ()),
    ]
    assert patch.render(patch.plan.ids) == after
    assert patch.render(["gone.py:1"]) == {**before, "gone.py": None}


@pytest.mark.parametrize("data", [b"text\n", b"\0"], ids=["text", "binary"])
def test_a_rename_is_one_change(data: bytes) -> None:
    before, after = {"old.py": b"x\n", "new.py": None}, {"old.py": None, "new.py": data}
    patch = patch_of(before, after, renames={"new.py": "old.py"})
    (change,) = patch.plan.changes
    assert (change.id, change.title, change.path) == ("new.py:1", "Rename old.py to new.py", "new.py")
    assert (change.paths, patch.render([change.id]), patch.render([])) == (("new.py", "old.py"), after, before)


def test_has_nothing_where_nothing_differs() -> None:
    patch = patch_of({"a.py": b"x\n", "b.py": None}, {"a.py": b"x\n", "b.py": None})
    assert (patch.plan.changes, patch.baselines) == ((), {})


TEXTS = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c\r\n", b"\xc3\xa9\n"]), max_size=40).map(b"".join)


@given(before=TEXTS, after=TEXTS, data=st.data())
def test_any_of_the_hunks_can_be_left_out(before: bytes, after: bytes, data: st.DataObject) -> None:
    patch = patch_of({"a.py": before}, {"a.py": after})
    ids = sorted(patch.plan.ids)
    assert len(ids) == len(patch.plan.changes)
    assert patch.render(ids).get("a.py", before) == after
    some = data.draw(st.sets(st.sampled_from(ids))) if ids else set()
    one_by_one = {"a.py": before}
    for change in reversed([change for change in patch.plan.changes if change.id in some]):
        for edit in reversed(change.edits):
            text = one_by_one["a.py"]
            one_by_one["a.py"] = text[: edit.start] + edit.text.encode() + text[edit.end :]
    assert patch.render(some).get("a.py", before) == one_by_one["a.py"]
