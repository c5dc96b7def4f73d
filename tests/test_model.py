"""The nouns: what a change touches, and which changes a choice comes to."""

from __future__ import annotations

import pytest

from greenmod.model import Change, ChangeSet, Edit, ImportNeed, Safety


def change(id: str, requires: tuple[str, ...] = ()) -> Change:
    return Change(id, "codemod", id, "", Safety.SAFE, (Edit(f"{id}.py", 0, 1, "x"),), requires=requires)


PLAN = ChangeSet(
    changes=(change("b"), change("a", ("b",)), change("c", ("a",)), change("d", ("e",)), change("e", ("d",)))
)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("", ""),
        ("b", "b"),
        ("a", ""),
        ("ab", "ba"),
        ("ca", ""),
        ("cab", "bac"),
        ("cb", "b"),
        ("d", ""),
        ("de", "de"),
        ("bz", "b"),
    ],
)
def test_choice_is_closed_under_what_changes_require(wanted: str, chosen: str) -> None:
    assert "".join(change.id for change in PLAN.chosen(wanted)) == chosen


def test_everything_is_a_choice() -> None:
    assert PLAN.chosen(PLAN.ids) == PLAN.changes


def test_change_is_shown_at_its_first_edit_and_touches_every_path() -> None:
    need = ImportNeed("z.py", "m")
    edits = (Edit("b.py", 5, 6, ""), Edit("a.py", 0, 0, "x"))
    made = Change("i", "c", "t", "w", Safety.SAFE, edits, (need,))
    assert (made.path, made.paths) == ("b.py", ("a.py", "b.py", "z.py"))
    assert list(ChangeSet(changes=(made, change("a"))).paths()) == ["a.py", "b.py", "z.py"]
    assert [edit.is_insertion for edit in edits] == [False, True]
