"""What is asked of a verification and what it answers: plain frozen data for every sink.

Nothing here runs a test. Test ids are pytest's own, relative to its rootdir; every list is sorted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from greenmod.facts.evidence.loads import LazyLoad
from greenmod.model import Verdict
from greenmod.verify.outcomes import Counts, Outcome


@dataclass(frozen=True, slots=True)
class Suite:
    """Which tests decide, and what runs them.

    `folder` is where pytest starts, relative to `root`. `python` is a path or a command; without it the project's
    own is looked for. `include` names files for the sandbox that git would not show (git pathspecs), `modes` permission
    bits of files that changes make. `test_timeout` is for one test, in seconds; without it each may take a minute and
    ten times as long as before. With `jobs` the tests run in so many processes of pytest-xdist. A baseline quicker than
    `cheap` seconds is run twice. A change that alters the HTTP exchanges of a passing test is kept if
    `accepts_traffic`; one that no passing test has run is dropped if `requires_proof`, and one of the codemods `savers`
    unless a test sends fewer SQL statements because of it, or turns green. The folder `memory` keeps what was found
    until the verification ends. With `explains`, runs of all tests say what each failing one met; with `traces` what
    each one made SQLAlchemy load lazily. If it `is_cold`, the objects of every session that has seen a
    query are expired before each request, as far as they hold no changes: tests that share one session with the
    application would hide what a request of its own loads.
    """

    root: Path
    python: Path | None = None
    pytest_args: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    test_timeout: float | None = None
    folder: str = "."
    cheap: float = 20.0
    jobs: int | None = None
    accepts_traffic: bool = False
    requires_proof: bool = False
    memory: Path | None = None
    modes: Mapping[str, int] = field(default_factory=dict)
    explains: bool = False
    savers: tuple[str, ...] = ()
    traces: bool = False
    is_cold: bool = False


class Audience(Protocol):
    """Whoever watches a verification."""

    def tell(self, sentence: str) -> None:
        """Say what goes on."""

    def begin(self, stage: str, total: int | None) -> None:
        """Announce a run of so many tests; None where that isn't known."""

    def advance(self, count: int = 1) -> None:
        """Say that so many more tests are done."""


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
class Saving:
    """How many SQL statements a passing test sends without a change, and with it; None before if something failed.

    That was the test itself, or, named by `failure`, a lazy load whose error the application hid.
    """

    test: str
    before: int | None
    after: int
    failure: str = ""

    def less(self, count: int) -> Saving:
        """Return it without statements that are sent either way."""
        return replace(self, before=None if self.before is None else self.before - count, after=self.after - count)


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one test before and after, why it does not pass after, and how long it took then."""

    before: Outcome
    after: Outcome
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Verification:
    """What the tests said. `before` and `after` count the baseline and the last run, with all kept changes.

    A change is `proven` where `witnesses` names a passing test that ran its lines, or one that is green because of it;
    `unproven` if the tests are no worse with it and none does. `withdrawn` are changes that would be kept, but were to
    be proven and are not. `unawaited` are the coroutines, as `test: name`, that only the last run left un-awaited: they
    did not decide, since they came and went between equal runs. `altered` are passing tests whose HTTP exchanges are
    not what they were, in words; `statements` are passing tests that sent another number of SQL statements, before and
    after, what sets them up and tears them down left out as far as it is the same. `savings` says by what each change
    is proven that had to save statements. `lazy` is what was still loaded lazily in the last run, where that was
    traced. `tests` are the outcomes of all tests, before and after. Of `seconds`, `testing_seconds` were the tests'.
    """

    kept: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    still_red: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    unawaited: tuple[str, ...] = ()
    witnesses: Mapping[str, str] = field(default_factory=dict)
    withdrawn: tuple[str, ...] = ()
    altered: Mapping[str, str] = field(default_factory=dict)
    statements: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    savings: Mapping[str, Saving] = field(default_factory=dict)
    lazy: tuple[LazyLoad, ...] = ()
    tests: Mapping[str, Compared] = field(default_factory=dict)
    before: Counts = field(default_factory=Counts)
    after: Counts = field(default_factory=Counts)
    runs: int = 0
    seconds: float = 0.0
    testing_seconds: float = 0.0
