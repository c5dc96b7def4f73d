"""Comparing the requests and statements of two runs, noise left out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from greenmod.verify.outcomes import Exchange, Outcome, Record, Result, Sign
from greenmod.verify.traffic import Altered, Mask, Noise, find_altered, find_noise, statement_counts

T = "t.py::test"
HOME = Exchange("GET", "/", "200", "aa")
LIST = Exchange("GET", "/items", "200", "bb")
MOVED = Exchange("GET", "/old", "301", "cc")
DIGEST = frozenset({"digest"})


def run(*rows: Exchange, test: str = T, statements: Mapping[str, int] | None = None) -> Record:
    sent = {name: ("dd",) * number for name, number in (statements or {}).items()}
    results = {Sign(name): Result(Outcome.PASSED) for name in {test, *sent}}
    return Record(results, traffic={test: rows} if rows else {}, statements=sent)


def altered(before: Record, after: Record, noise: Noise | None = None) -> list[str]:
    return [found.message for found in find_altered(before, after, [T], noise or Noise())]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([LIST], [LIST._replace(status="301")], "GET /items answered 200, now 301"),
        ([HOME], [HOME._replace(digest="zz")], "GET / answered 200, now with another body"),
        ([HOME], [HOME._replace(status="raised KeyError", digest="")], "GET / answered 200, now raised KeyError"),
        ([HOME._replace(status="raised KeyError")], [HOME], "GET / raised KeyError, now answered 200"),
        ([HOME], [HOME._replace(status="unfinished")], "GET / answered 200, now was not finished"),
        ([HOME], [LIST], "GET / answered 200, now GET /items answered 200 in its place"),
        ([HOME], [HOME._replace(method="PUT")], "GET / answered 200, now PUT / answered 200 in its place"),
        (
            [HOME, LIST], [LIST, HOME],
            "GET / answered 200, now GET /items answered 200 in its place; the same requests in another order",
        ),
        (
            [MOVED, HOME], [MOVED],
            "GET / answered 200, and is no longer requested after GET /old answered 301; 2 requests before, 1 after",
        ),
        ([HOME, LIST], [LIST], "GET / answered 200, and is no longer requested; 2 requests before, 1 after"),
        ([LIST], [HOME, LIST], "GET / answered 200, and was not requested before; 1 request before, 2 after"),
        ([HOME], [], "GET / answered 200, and is no longer requested; 1 request before, 0 after"),
        (
            [MOVED, HOME], [LIST],
            "GET /old answered 301, now GET /items answered 200 in its place; 2 requests before, 1 after",
        ),
    ],
)  # fmt: skip
def test_says_what_differs_first(before: list[Exchange], after: list[Exchange], message: str) -> None:
    assert altered(run(*before), run(*after)) == [message]


def test_gives_the_rows_that_differ_sorted_by_test() -> None:
    before = Record({}, traffic={"b": (HOME, LIST), "a": (MOVED,), "left out": (HOME,), "same": (HOME,)})
    after = Record({}, traffic={"b": (HOME,), "a": (HOME,), "same": (HOME,)})
    found = find_altered(before, after, ["same", "b", "a", "a"], Noise())
    assert [(one.test, one.before, one.after) for one in found] == [("a", MOVED, HOME), ("b", LIST, None)]
    assert isinstance(found[0], Altered)


def test_finds_no_noise_in_equal_runs() -> None:
    assert find_noise(run(HOME, LIST), run(HOME, LIST)) == Noise()


def test_masks_a_random_body_at_its_row_alone() -> None:
    noise = find_noise(run(HOME, LIST), run(HOME._replace(digest="ab"), LIST))
    assert noise == Noise({T: Mask((DIGEST, frozenset()))})
    assert altered(run(HOME, LIST), run(HOME._replace(digest="ac"), LIST), noise) == []
    assert altered(run(HOME, LIST), run(HOME, LIST._replace(digest="x")), noise) == [
        "GET /items answered 200, now with another body"
    ]
    assert altered(run(HOME, LIST), run(HOME._replace(status="500"), LIST), noise) == ["GET / answered 200, now 500"]


def test_masks_a_random_path_at_its_row_alone() -> None:
    def item(id: str) -> Exchange:
        return Exchange("GET", f"/items/{id}", "200", id)

    noise = find_noise(run(HOME, item("1")), run(HOME, item("2")))
    assert noise == Noise({T: Mask((frozenset(), frozenset({"path", "digest"})))})
    assert altered(run(HOME, item("1")), run(HOME, item("3")), noise) == []
    gone = item("3")._replace(status="404")
    assert altered(run(HOME, item("1")), run(HOME, gone), noise) == ["GET /items/1 answered 200, now 404"]
    assert altered(run(HOME, item("1")), run(LIST, item("3")), noise) == [
        "GET / answered 200, now GET /items answered 200 in its place"
    ]


def test_masks_a_status_that_varies() -> None:
    noise = find_noise(run(HOME, LIST), run(HOME._replace(status="429"), LIST))
    assert noise == Noise({T: Mask((frozenset({"status"}), frozenset()))})


def test_sees_more_requests_in_spite_of_a_mask() -> None:
    noise = Noise({T: Mask((DIGEST,))})
    assert altered(run(HOME), run(HOME._replace(digest="x"), LIST), noise) == [
        "GET /items answered 200, and was not requested before; 1 request before, 2 after"
    ]
    assert altered(run(HOME), run(), noise) == [
        "GET / answered 200, and is no longer requested; 1 request before, 0 after"
    ]


def test_compares_without_order_where_the_order_varies() -> None:
    noise = find_noise(run(HOME, LIST, MOVED), run(LIST, HOME, MOVED))
    assert noise == Noise({T: Mask(is_ordered=False)})
    assert altered(run(HOME, LIST, MOVED), run(MOVED, LIST, HOME), noise) == []
    assert altered(run(HOME, LIST, MOVED), run(MOVED, LIST._replace(status="500"), HOME), noise) == [
        "GET /items answered 200, now 500"
    ]
    assert altered(run(HOME, HOME, LIST), run(LIST, HOME), noise) == [
        "GET / answered 200, and is no longer requested; 3 requests before, 2 after"
    ]


def test_masks_bodies_where_they_vary_with_the_order() -> None:
    noise = find_noise(run(HOME, LIST), run(LIST._replace(digest="x"), HOME._replace(digest="y")))
    assert noise == Noise({T: Mask(everywhere=DIGEST, is_ordered=False)})


@pytest.mark.parametrize("other", [(), (HOME, HOME), (HOME._replace(method="PUT"),)])
def test_a_test_whose_number_or_methods_vary_says_nothing(other: tuple[Exchange, ...]) -> None:
    noise = find_noise(run(HOME), run(*other))
    assert noise == Noise(silent=frozenset({T}))
    assert altered(run(HOME), run(LIST), noise) == []


def test_knows_nothing_of_tests_that_ran_once() -> None:
    assert find_noise(run(HOME), run(LIST, test="t.py::other")) == Noise()


def test_counts_statements_where_the_number_differs() -> None:
    before, after = run(statements={"a": 5, "b": 2, "c": 1, "d": 1}), run(statements={"a": 2, "b": 2, "d": 3})
    assert statement_counts(before, after, ["a", "b", "c", "d"], Noise()) == {"a": (5, 2), "c": (1, 0), "d": (1, 3)}


def test_leaves_out_numbers_of_statements_that_vary() -> None:
    before, again = run(statements={"a": 5, "b": 2}), run(statements={"a": 4, "b": 2})
    noise = find_noise(before, again)
    assert noise == Noise(uncounted=frozenset({"a"}))
    assert statement_counts(before, run(statements={"a": 1, "b": 1}), ["a", "b"], noise) == {"b": (2, 1)}


def test_counts_statements_of_a_test_that_failed_now_early_now_late() -> None:
    red = {Sign("a"): Result(Outcome.FAILED)}
    before, again = (Record(red, statements={"a": ("dd",) * number}) for number in (5, 4))
    assert find_noise(before, again) == Noise()


def test_takes_an_answer_in_place_of_a_server_error_for_no_difference() -> None:
    failing, answering = Exchange("POST", "/perform", "503", "aa"), Exchange("POST", "/perform", "201", "bb")
    assert find_altered(run(failing, HOME), run(answering, HOME), [T], Noise()) == ()
    assert find_altered(run(answering, HOME), run(failing, HOME), [T], Noise())
    assert find_altered(run(failing, HOME), run(answering, LIST), [T], Noise())
    missing = Exchange("POST", "/perform", "404", "aa")
    assert find_altered(run(failing), run(missing), [T], Noise())
