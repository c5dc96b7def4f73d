"""What is asked of a verification and what it answers: plain frozen data for every sink.

Nothing here runs a test. Test ids are pytest's own, relative to its rootdir; every list is sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenmod.model import Verdict
from greenmod.verify.outcomes import Counts, Outcome


@dataclass(frozen=True, slots=True)
class Suite:
    """Which tests decide, and what runs them.

    `folder` is where pytest starts, relative to `root`. `python` is a path or a command; without it the project's
    own is looked for. `include` names files for the sandbox that git would not show (git pathspecs). `timeout` is
    for one run of the tests, in seconds; without it a run may take a minute and ten times as long as the baseline.
    A baseline quicker than `cheap` seconds is run twice.
    """

    root: Path
    python: Path | None = None
    pytest_args: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    timeout: float | None = None
    folder: str = "."
    cheap: float = 20.0


@dataclass(frozen=True, slots=True)
class Conviction:
    """Why some changes can't stay: the most telling test, what it was and became, and `also` the others."""

    verdict: Verdict
    test: str
    before: Outcome
    after: Outcome
    message: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dropped:
    """A change that was left out.

    `together` names the changes with which alone it breaks the tests; they are dropped with it. `needs` names the
    dropped change that this one can't live without; then the conviction is that one's.
    """

    id: str
    conviction: Conviction
    together: tuple[str, ...] = ()
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What the tests said. `before` and `after` count the baseline and the last run, with all kept changes.

    A kept change is `unproven`: the tests were no worse with it, and which test touches it was not looked at. Only
    when it is the sole one kept and a red test turned green, that test has shown that it notices: `proven`.
    `unawaited` are the coroutines, as `test: name`, that only the last run left un-awaited: they did not decide,
    since they came and went between equal runs.
    """

    kept: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    still_red: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    unawaited: tuple[str, ...] = ()
    before: Counts = field(default_factory=Counts)
    after: Counts = field(default_factory=Counts)
    runs: int = 0
    seconds: float = 0.0
