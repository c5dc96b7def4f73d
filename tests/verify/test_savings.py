"""Which changes save statements, over tests whose statements are computed instead of sent."""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.verify.savings import Books, Counts, Ids, find_savings
from greenmod.verify.verification import Saving


class Database:
    """Counts for each test `most`, less what each of the changes saves there; negative is what it costs.

    Of those in `either` one saves for both. `asked` are the questions: what was there of the changes, and which tests.
    """

    def __init__(self, most: int, saves: Mapping[str, Mapping[str, int]], either: str = "") -> None:
        self.most = most
        self.saves = saves
        self.either = either
        self.asked: list[tuple[str, str]] = []

    def count(self, ids: Ids, tests: frozenset[str]) -> Counts:
        self.asked.append(("".join(sorted(ids)), "".join(sorted(tests))))
        return {test: self._of(ids, test) for test in tests}

    def _of(self, ids: Ids, test: str) -> int:
        saved = sum(number for one, number in self.saves[test].items() if one in ids)
        shared = [one for one in self.either if one in ids]
        return self.most - saved + sum(self.saves[test].get(one, 0) for one in shared[1:])

    def books(self, kept: str, accounts: Mapping[str, Mapping[str, int]] | None = None) -> Books:
        tests = frozenset(self.saves)
        run = {test: frozenset(saves) for test, saves in self.saves.items()}
        return (
            Books(self._all(frozenset()), self._all(frozenset(kept)), run, accounts or {})
            if tests
            else Books({}, {}, {})
        )

    def _all(self, ids: Ids) -> Counts:
        return {test: self._of(ids, test) for test in self.saves}


def free(kept: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(kept, ())


def test_is_proven_by_a_test_that_ran_nothing_else() -> None:
    database = Database(41, {"1": {"a": 38}, "2": {"b": 0}})

    found = find_savings("ab", "ab", free("ab"), database.books("ab"), database.count)

    assert found == {"a": Saving("1", 41, 3)}
    assert database.asked == [("ab", "1"), ("", "1")]


def test_goes_by_the_books_where_one_test_ran_many() -> None:
    many = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
    saves = dict.fromkeys(many, 9) | {"b": 0}
    database = Database(500, {"1": saves})

    found = find_savings(many, many, free(many), database.books(many, {"1": saves}), database.count)

    assert set(found) == set(many) - {"b"}
    assert found["a"] == Saving("1", 500 - 49 * 9 + 9, 500 - 49 * 9)
    assert len({*database.asked}) == 3  # with and without all that save, and without the one that does not


def test_leaves_out_halves_where_no_books_are_kept() -> None:
    database = Database(100, {"1": dict.fromkeys("abcdefgh", 0) | {"c": 5}})

    found = find_savings("abcdefgh", "abcdefgh", free("abcdefgh"), database.books("abcdefgh"), database.count)

    assert found == {"c": Saving("1", 100, 95)}
    assert len({*database.asked}) <= 9


def test_keeps_one_of_two_that_save_the_same() -> None:
    database = Database(10, {"1": {"a": 4, "b": 4}}, either="ab")

    found = find_savings("ab", "ab", free("ab"), database.books("ab"), database.count)

    assert found == {"b": Saving("1", 10, 6)}


def test_keeps_what_another_saves_with() -> None:
    database = Database(10, {"1": {"a": 0, "b": 4}})

    found = find_savings("ab", "ab", {"a": (), "b": ("a",)}, database.books("ab"), database.count)

    assert sorted(found) == ["a", "b"]


def test_does_not_take_a_saving_for_proven_that_is_not_there_again() -> None:
    books = Books({"1": 41}, {"1": 3}, {"1": frozenset("a")})

    assert find_savings("a", "a", free("a"), books, lambda ids, tests: {"1": 41}) == {}


def test_is_proven_by_a_test_that_turns_green() -> None:
    books = Books({"1": None}, {"1": 3}, {"1": frozenset("a")})

    found = find_savings("a", "a", free("a"), books, lambda ids, tests: {"1": 3 if ids else None})

    assert found == {"a": Saving("1", None, 3)}


def test_asks_nothing_where_no_test_saves() -> None:
    database = Database(10, {"1": {"a": 0}})

    assert find_savings("a", "a", free("a"), database.books("a"), database.count) == {}
    assert database.asked == []
