"""What the tests said, for people: which changes were dropped and why, what turned green, what to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from greenmod.report.lazy import lazy_text, saving_text
from greenmod.report.report import Report
from greenmod.report.wording import count

if TYPE_CHECKING:
    from greenmod.verify import Dropped

# Of tests that say the same as another one, and of anything else that could be long.
_FEW = 5
_MANY = 30


def verification_text(report: Report) -> Iterator[str]:
    """Yield what the tests said: what turned green, what was dropped and which test convicts it."""
    found = report.verification
    if found is None:
        return
    titles = {change.id: f"{change.path}:{change.line} {change.title} [{change.id}]" for change in report.plan.changes}
    for dropped in found.dropped:
        yield f"dropped: {titles[dropped.id]}\n"
        yield from _conviction(dropped, titles)
    unproven = [one for one in found.kept if one not in found.witnesses]
    yield from _listed("withdrawn, no passing test has run it", [titles[one] for one in found.withdrawn])
    yield from _listed("unproven, no passing test has run it", [titles[one] for one in unproven])
    yield from _listed("turned green", found.fixed)
    yield from _listed("still red, as before", found.still_red)
    yield from _listed("flaky, did not decide", found.flaky)
    yield from _listed("same outcome, different traffic", [f"{test}: {said}" for test, said in found.altered.items()])
    statements = [f"{test}: {before} → {after}" for test, (before, after) in found.statements.items()]
    yield from _listed("SQL statements", statements)
    yield from _listed("proven", [f"{titles[one]}: {saving_text(saving)}" for one, saving in found.savings.items()])
    yield from _listed("still loaded lazily", list(lazy_text(found.lazy)))
    counted = Counter(verdict.value for verdict in found.verdicts.values())
    yield f"Changes: {', '.join(f'{number:,} {verdict}' for verdict, number in sorted(counted.items()))}.\n"
    yield f"Tests before: {found.before}; after: {found.after}; {count(found.runs, 'run')}, {found.seconds:.1f} s.\n"


def _conviction(dropped: Dropped, titles: Mapping[str, str]) -> Iterator[str]:
    """Yield why a change was dropped."""
    conviction = dropped.conviction
    if dropped.needs:
        yield f"  it requires {titles[dropped.needs]}, which was dropped\n"
        return
    if dropped.together:
        yield f"  only together with {' and '.join(titles[one] for one in dropped.together)}\n"
    if conviction.test:
        yield f"  {conviction.test}: {conviction.before.value} → {conviction.after.value}\n"
    yield from (f"    {line}\n" for line in conviction.message.splitlines())
    if conviction.also:
        yield f"  and {count(len(conviction.also), 'other test')}: {', '.join(conviction.also[:_FEW])}"
        yield ", …\n" if len(conviction.also) > _FEW else "\n"


def _listed(what: str, items: Sequence[str]) -> Iterator[str]:
    """Yield a line for each of the first items, and how many more there are."""
    yield from (f"{what}: {item}\n" for item in items[:_MANY])
    if len(items) > _MANY:
        yield f"{what}: {len(items) - _MANY:,} more (--format json names them all)\n"
