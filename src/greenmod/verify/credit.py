"""Which of several changes turned red tests green. Pure over `is_green`, which runs one test with a set of changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from greenmod.verify.search import Requires, closed

IsGreen = Callable[[frozenset[str], str], bool]


def find_credits(
    kept: Collection[str],
    doubtful: Sequence[str],
    tests: Sequence[str],
    requires: Requires,
    is_green: IsGreen,
    is_green_again: Callable[[str], bool],
) -> dict[str, str]:
    """Return those of the `doubtful` changes without which a test would not be green, each with its test.

    `kept` are all changes, under which `tests` are green. `doubtful` come after what they require. Of n doubtful
    changes it asks log2 n + 2 times for each that it finds, and once for each test that has nothing to do with them.
    `is_green_again` is asked once for each test that seems to need one: of a test that passes the first time and never
    again, every change looks as if it were needed.
    """
    credits: dict[str, str] = {}
    rest = list(doubtful)
    for test in tests:
        while rest:
            base = closed(set(kept).difference(rest), requires)
            if is_green(base, test):
                break
            # Invariant: with the first `red` of the rest the test is red, with the first `green` it is not.
            red, green = 0, len(rest)
            while green - red > 1:
                middle = (red + green) // 2
                if is_green(closed({*base, *rest[:middle]}, requires), test):
                    green = middle
                else:
                    red = middle
            if test not in credits.values() and not is_green_again(test):
                break
            credits[rest.pop(green - 1)] = test
    return credits
