"""What a followed run says of single changes."""

from __future__ import annotations

import pytest

from greenmod.model import Change, Edit, Safety
from greenmod.verify.outcomes import Outcome, Record, Result, Sign
from greenmod.verify.provenance import find_suspects, find_witnesses
from greenmod.verify.sites import Sites


def change(id: str, *paths: str) -> Change:
    edits = tuple(Edit(path, 0, 0, "#") for path in paths)
    return Change(id, "by-hand", id, "for the test", Safety.SAFE, edits)


TEST = Sign("tests/api/test_a.py::test_one")
CHANGES = [
    change("app", "app/main.py"),
    change("models", "app/models.py"),
    change("test", "tests/api/test_a.py"),
    change("fixtures", "tests/conftest.py"),
    change("root", "conftest.py"),
    change("far", "tests/web/conftest.py", "tests/api/test_b.py"),
]
# Site 0 was written by `app`, site 1 by `app` and `models`, site 2 by `models`.
SITES = Sites(
    {"app/main.py": ((1, 1, 0), (5, 6, 1)), "app/models.py": ((2, 2, 2),)},
    (("app",), ("app", "models"), ("models",)),
)
NEAR = {"test", "fixtures", "root"}


@pytest.mark.parametrize(
    ("record", "suspects"),
    [
        (Record({}), NEAR),
        (Record({}, executed={TEST.test: frozenset({0})}), {"app", *NEAR}),
        (Record({}, executed={TEST.test: frozenset({1})}), {"app", "models", *NEAR}),
        (Record({}, executed={"another": frozenset({1})}), NEAR),
        (Record({TEST: Result(Outcome.FAILED, "app/models.py:7: KeyError")}), {"models", *NEAR}),
        (Record({TEST: Result(Outcome.FAILED)}, imported=frozenset({2})), NEAR),
    ],
)
def test_suspects_what_a_test_ran_what_is_near_and_what_it_names(record: Record, suspects: set[str]) -> None:
    assert find_suspects(CHANGES, SITES, record, TEST) == suspects


def test_knows_what_is_near_where_pytests_own_folder_is_another() -> None:
    assert find_suspects(CHANGES, SITES, Record({}, rootdir="tests"), Sign("api/test_a.py::test_one")) == NEAR
    fixtures = Sites({"tests/conftest.py": ((1, 1, 0),)}, (("fixtures",),))
    record = Record({}, imported=frozenset({0}), rootdir="tests")
    assert find_witnesses(fixtures, record, frozenset({"api/test_a.py::test_one"})) == {
        "fixtures": "api/test_a.py::test_one"
    }


def test_suspects_what_was_imported_when_nothing_else_is_known() -> None:
    record = Record({}, executed={TEST.test: frozenset()}, imported=frozenset({2}))
    assert find_suspects(CHANGES[:2], SITES, record, TEST) == {"models"}


def test_suspects_nothing_when_nothing_is_known() -> None:
    assert find_suspects(CHANGES[:2], SITES, Record({}), TEST) == frozenset()


def test_suspects_the_file_that_cannot_be_collected() -> None:
    assert find_suspects(CHANGES, Sites(), Record({}), Sign("tests/api/test_a.py")) == NEAR


def test_a_witness_is_the_first_of_the_given_tests_that_ran_a_change() -> None:
    executed = {"c": frozenset({0, 1}), "b": frozenset({1}), "a": frozenset({0}), "d": frozenset({2})}
    record = Record({}, executed=executed)
    assert find_witnesses(SITES, record, frozenset({"b", "c", "d"})) == {"app": "b", "models": "b"}
    assert find_witnesses(SITES, record, frozenset({"c", "d"})) == {"app": "c", "models": "c"}
    assert find_witnesses(SITES, record, frozenset({"a", "x"})) == {"app": "a"}
    assert find_witnesses(SITES, record, frozenset()) == {}


def test_what_ran_outside_of_tests_has_no_witness() -> None:
    assert find_witnesses(SITES, Record({}, imported=frozenset({0, 1, 2})), frozenset({"a"})) == {}
