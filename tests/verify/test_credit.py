"""Which change turned a test green, when none of its lines can be seen to run."""

from __future__ import annotations

from collections.abc import Collection
from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from greenmod.verify.credit import find_credits
from greenmod.verify.search import Requires


class Green:
    """Tests that are green with all the changes that they `need`; `asked` are the questions."""

    def __init__(self, **need: str) -> None:
        self.need = {test: frozenset(ids) for test, ids in need.items()}
        self.asked: list[tuple[str, str]] = []
        self.once: set[str] = set()

    def is_green(self, ids: frozenset[str], test: str) -> bool:
        self.asked.append(("".join(sorted(ids)), test))
        return self.need[test] <= ids

    def credits(self, kept: str, doubtful: str, requires: Requires | None = None) -> dict[str, str]:
        needs: Requires = {**dict.fromkeys(kept, ()), **(requires or {})}
        return find_credits(
            frozenset(kept), list(doubtful), sorted(self.need), needs, self.is_green, lambda test: test not in self.once
        )


def test_credits_the_change_without_which_a_test_is_red() -> None:
    tests = Green(test="b")
    assert tests.credits("abcd", "abcd") == {"b": "test"}
    assert tests.asked == [("", "test"), ("ab", "test"), ("a", "test"), ("b", "test")]


def test_credits_each_of_several_changes_that_a_test_needs() -> None:
    assert Green(test="ac").credits("abcd", "abcd") == {"a": "test", "c": "test"}


def test_credits_nothing_to_a_test_that_does_not_pass_again() -> None:
    tests = Green(first="abcd", second="b")
    tests.once = {"first"}
    assert tests.credits("abcd", "abcd") == {"b": "second"}
    assert len([test for _, test in tests.asked if test == "first"]) == 1 + ceil(log2(4))


def test_credits_nothing_when_a_test_is_green_without_the_doubtful() -> None:
    tests = Green(test="p")
    assert tests.credits("pab", "ab") == {}
    assert tests.asked == [("p", "test")]


def test_names_for_each_change_the_first_test_that_needs_it() -> None:
    assert Green(first="a", second="ab", third="b").credits("ab", "ab") == {"a": "first", "b": "second"}


def test_never_tries_a_change_without_what_it_requires() -> None:
    tests = Green(test="b")
    assert tests.credits("abc", "abc", {"b": ("a",), "c": ("b",)}) == {"b": "test"}
    assert all("a" in ids for ids, _ in tests.asked if "b" in ids)
    assert all("b" in ids for ids, _ in tests.asked if "c" in ids)


def test_asks_nothing_without_tests_or_doubts() -> None:
    assert Green().credits("ab", "ab") == {}
    tests = Green(test="a")
    assert tests.credits("ab", "") == {}
    assert tests.asked == []


CHANGES = st.frozensets(st.sampled_from("abcdefgh"), max_size=4)


@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_credits_just_what_some_test_needs(needs: list[Collection[str]]) -> None:
    tests = Green(**{f"test{number}": "".join(sorted(need)) for number, need in enumerate(needs)})
    credits = tests.credits("abcdefgh", "abcdefgh")
    assert credits.keys() == {one for need in needs for one in need}
    assert all(one in tests.need[test] for one, test in credits.items())
    assert len(tests.asked) <= len(credits) * (ceil(log2(8)) + 2) + len(needs)
