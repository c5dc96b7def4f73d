"""Two runs' requests and statements, test by test: what differs between them, and what differs anyway.

What two runs of the same content disagree on is noise. It is masked in the test that made it and as finely as it was
seen, so that a random id in one answer hides nothing else. Nothing here starts a process or reads a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from greenmod.verify.outcomes import Exchange, Record

Rows = tuple[Exchange, ...]
Fields = frozenset[str]
# What a run asked first that the other did not, and the other way round.
Pair = tuple[Exchange | None, Exchange | None]

_NONE: Fields = frozenset()
# What to hide in turn until two equal runs look equal, the least first.
_LADDER = (_NONE, frozenset({"digest"}), frozenset({"digest", "path"}), frozenset({"digest", "path", "status"}))
# What a client that follows redirects asks on for.
_REDIRECTS = frozenset({"301", "302", "303", "307", "308"})


@dataclass(frozen=True, slots=True)
class Mask:
    """The fields of a test's rows that say nothing: by position, or of all where the order says nothing either."""

    rows: tuple[Fields, ...] = ()
    everywhere: Fields = _NONE
    is_ordered: bool = True

    def joined(self, other: Mask) -> Mask:
        """Return the mask that hides what either does."""
        rows = tuple(one | two for one, two in zip_longest(self.rows, other.rows, fillvalue=_NONE))
        if self.is_ordered and other.is_ordered:
            return Mask(rows)
        everywhere = self.everywhere | other.everywhere
        return Mask(everywhere=everywhere.union(*rows), is_ordered=False)

    def apply(self, rows: Rows) -> Rows:
        """Return `rows` with empty text in place of what says nothing."""
        return tuple(_hide(row, self.hidden(at)) for at, row in enumerate(rows))

    def hidden(self, position: int) -> Fields:
        if not self.is_ordered:
            return self.everywhere
        return self.rows[position] if position < len(self.rows) else _NONE


@dataclass(frozen=True, slots=True)
class Noise:
    """What equal runs disagreed on: masks by test, tests whose requests say nothing, and whose statements don't."""

    masks: Mapping[str, Mask] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    uncounted: frozenset[str] = frozenset()

    def joined(self, other: Noise) -> Noise:
        """Return both."""
        masks = {**self.masks, **other.masks}
        masks |= {test: self.masks[test].joined(other.masks[test]) for test in self.masks.keys() & other.masks.keys()}
        return Noise(masks, self.silent | other.silent, self.uncounted | other.uncounted)


@dataclass(frozen=True, slots=True)
class Altered:
    """A test whose requests differ: the first that does, None on the side that lacks it, and the same in words."""

    test: str
    before: Exchange | None
    after: Exchange | None
    message: str


def find_noise(first: Record, second: Record) -> Noise:
    """Return what differs between two runs of the same content; of tests that only one of them ran nothing is known."""
    both = {sign.test for sign in first.results.keys() & second.results.keys()}
    found = {test: _find_mask(first.traffic.get(test, ()), second.traffic.get(test, ())) for test in sorted(both)}
    return Noise(
        {test: mask for test, mask in found.items() if mask is not None and mask != Mask()},
        frozenset(test for test, mask in found.items() if mask is None),
        # A test that fails may do so here or there; what it has sent by then says nothing of when it passes.
        frozenset(_counts(first, second, first.passed & second.passed)),
    )


def find_altered(before: Record, after: Record, tests: Iterable[str], noise: Noise) -> tuple[Altered, ...]:
    """Return those of `tests` whose requests or answers differ, noise left out, sorted by test.

    A request that a server failed to answer, and answers now, is no difference: a test that takes both is content.
    """
    altered = []
    for test in sorted(set(tests) - noise.silent):
        new = after.traffic.get(test, ())
        old = _mended(before.traffic.get(test, ()), new)
        mask = noise.masks.get(test, Mask())
        pair = _find_difference(old, new, mask)
        if pair is not None:
            altered.append(Altered(test, *pair, _describe(pair, old, new, mask)))
    return tuple(altered)


def _mended(before: Rows, after: Rows) -> Rows:
    """Return what was asked before with the answers of `after` where the server failed then, and does not now."""
    if len(before) != len(after):
        return before
    pairs = zip(before, after, strict=True)
    return tuple(new if old[:2] == new[:2] and _is_mended(old.status, new.status) else old for old, new in pairs)


def _is_mended(before: str, after: str) -> bool:
    return before.startswith("5") and after.startswith(("2", "3"))


def statement_counts(
    before: Record, after: Record, tests: Iterable[str], noise: Noise
) -> Mapping[str, tuple[int, int]]:
    """Return how many statements each of `tests` sent before and after where that differs, noise left out."""
    return _counts(before, after, set(tests) - noise.uncounted)


def _counts(one: Record, other: Record, tests: Iterable[str]) -> dict[str, tuple[int, int]]:
    counts = {test: (len(one.statements.get(test, ())), len(other.statements.get(test, ()))) for test in sorted(tests)}
    return {test: pair for test, pair in counts.items() if pair[0] != pair[1]}


def _find_mask(one: Rows, other: Rows) -> Mask | None:
    """Return the finest mask under which both look equal, or None: their number or their methods differ."""
    for hidden in _LADDER:
        seen, seen_too = [_hide(row, hidden) for row in one], [_hide(row, hidden) for row in other]
        if seen == seen_too:
            rows = tuple(map(_differing, one, other))
            return Mask(rows) if any(rows) else Mask()
        if Counter(seen) == Counter(seen_too):
            return Mask(everywhere=hidden, is_ordered=False)
    return None


def _differing(one: Exchange, other: Exchange) -> Fields:
    return frozenset(name for name in Exchange._fields if getattr(one, name) != getattr(other, name))


def _hide(row: Exchange, fields: Fields) -> Exchange:
    return row._replace(**dict.fromkeys(fields, "")) if fields else row


def _find_difference(before: Rows, after: Rows, mask: Mask) -> Pair | None:
    old, new = mask.apply(before), mask.apply(after)
    if mask.is_ordered:
        return _first_in_order(before, after, old, new)
    gone, added = Counter(old) - Counter(new), Counter(new) - Counter(old)
    lost = next((row for row, seen in zip(before, old, strict=True) if seen in gone), None)
    return (lost, next(_alike(after, new, added, lost), None)) if gone or added else None


def _first_in_order(before: Rows, after: Rows, old: Rows, new: Rows) -> Pair | None:
    for at, (seen, seen_too) in enumerate(zip_longest(old, new)):
        if seen == seen_too:
            continue
        if seen is None or (len(old) < len(new) and seen in new[at:]):
            return None, after[at]
        if seen_too is None or (len(old) > len(new) and seen_too in old[at:]):
            return before[at], None
        return before[at], after[at]
    return None


def _alike(after: Rows, new: Rows, added: Counter[Exchange], lost: Exchange | None) -> Iterator[Exchange]:
    """Yield what was added, what resembles the lost request first."""
    rows = [row for row, seen in zip(after, new, strict=True) if seen in added]
    yield from sorted(rows, key=lambda row: lost is None or row[:2] != lost[:2])


def _describe(pair: Pair, before: Rows, after: Rows, mask: Mask) -> str:
    at = next((number for number, row in enumerate(before) if row is pair[0]), 0)
    told = _describe_pair(pair, mask.hidden(at))
    if pair[1] is None and mask.is_ordered and at and before[at - 1].status in _REDIRECTS:
        told += f" after {_asked(before[at - 1])}"
    if len(before) != len(after):
        requests = "request" if len(before) == 1 else "requests"
        return f"{told}; {len(before)} {requests} before, {len(after)} after"
    if Counter(mask.apply(before)) == Counter(mask.apply(after)):
        return f"{told}; the same requests in another order"
    return told


def _describe_pair(pair: Pair, hidden: Fields) -> str:
    before, after = pair
    if before is None:
        assert after is not None, "a difference has a side"
        return f"{_asked(after)}, and was not requested before"
    asked = _asked(before)
    if after is None:
        return f"{asked}, and is no longer requested"
    if before.method != after.method or (before.path != after.path and "path" not in hidden):
        return f"{asked}, now {_asked(after)} in its place"
    if before.status == after.status:
        return f"{asked}, now with another body"
    return f"{asked}, now {after.status if before.status.isdigit() and after.status.isdigit() else _told(after)}"


def _asked(row: Exchange) -> str:
    return f"{row.method} {row.path} {_told(row)}"


def _told(row: Exchange) -> str:
    if row.status == "unfinished":
        return "was not finished"
    return f"answered {row.status}" if row.status.isdigit() else row.status
