"""Edits between two texts: they lead from one to the other, by whole tokens, and touch nothing that stayed."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.engine.tokens import apply_spans, token_edits

TEXTS = st.lists(
    st.sampled_from(["a", "bb", "é", "𝒳", "(", ")", ",", " ", "  ", "\n", "\r\n", "\r", "await", "1"])
).map("".join)


@given(old=TEXTS, new=TEXTS)
def test_edits_lead_from_one_text_to_the_other(old: str, new: str) -> None:
    assert apply_spans(old, token_edits(old, new)) == new


@given(old=TEXTS, new=TEXTS)
def test_edits_never_touch_each_other(old: str, new: str) -> None:
    edits = token_edits(old, new)
    assert all(one[1] < other[0] for one, other in pairwise(edits))


@given(text=TEXTS)
def test_equal_texts_need_no_edit(text: str) -> None:
    assert token_edits(text, text) == []


@pytest.mark.parametrize(
    ("old", "new", "edits"),
    [
        ("f(x)", "await f(x)", [(0, 0, "await ")]),
        ("client.get(a)", "await client.get(a, b)", [(0, 0, "await "), (12, 12, ", b")]),
        ("orm_mode", "from_attributes", [(0, 8, "from_attributes")]),
        ("old_name", "old_names", [(0, 8, "old_names")]),
        ("f(a, b)", "f(b)", [(2, 5, "")]),
        ("a\r\nb", "a\nb", [(1, 3, "\n")]),
        ("", "x", [(0, 0, "x")]),
        ("x", "", [(0, 1, "")]),
    ],
)
def test_edits_read_as_a_person_types(old: str, new: str, edits: list[tuple[int, int, str]]) -> None:
    assert token_edits(old, new) == edits


def test_texts_with_little_in_common_are_replaced_whole_when_comparing_would_take_long() -> None:
    old, new = "a " * 3000, "b " * 3000
    assert token_edits(old, new) == [(0, 5999, new[:5999])]
