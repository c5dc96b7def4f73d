"""What the loop's tests share: small projects with changes made by hand, verified by real pytest, and a bench that
hands out runs as data where no process is needed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from greenmod.model import Change, ChangeSet, Edit, Safety
from greenmod.verify import Suite, Verification, verify
from greenmod.verify.memory import Memory
from greenmod.verify.outcomes import Ending
from greenmod.verify.runner import Asked, Runner
from greenmod.verify.sites import Sites
from greenmod.verify.transcript import Transcript
from greenmod.verify.trials import Trials

PYTHON = Path(sys.executable)


@pytest.fixture(scope="module")
def bare_environment() -> Iterator[None]:
    """Start the child processes without what the environment of this test run would add to them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        for name in ("PYTEST_ADDOPTS", "PYTHONPATH", "VIRTUAL_ENV"):
            patch.delenv(name, raising=False)
        yield


class Project:
    """A folder of files and the changes that are proposed for it."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        self.changes: list[Change] = []
        self.told: list[str] = []
        self.under_way: list[tuple[str, int | None]] = []
        self.advanced = 0
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def propose(self, id: str, path: str, old: str, new: str, requires: tuple[str, ...] = ()) -> None:
        """Add the change that replaces the only `old` in `path`."""
        text = (self.root / path).read_text()
        assert text.count(old) == 1
        start = text.index(old)
        edit = Edit(path, start, start + len(old), new)
        self.changes.append(Change(id, "by-hand", id, "for the test", Safety.SAFE, (edit,), requires=requires))

    def render(self, ids: frozenset[str]) -> dict[str, bytes | None]:
        edits = sorted((edit for change in self.changes if change.id in ids for edit in change.edits), reverse=True)
        texts: dict[str, str] = {}
        for edit in edits:
            text = texts.get(edit.path) or (self.root / edit.path).read_text()
            texts[edit.path] = text[: edit.start] + edit.text + text[edit.end :]
        return {path: text.encode() for path, text in texts.items()}

    def verify(self, *pytest_args: str, python: Path = PYTHON, cheap: float = 0.0, **settings: Any) -> Verification:
        changes = ChangeSet(changes=tuple(self.changes))
        suite = Suite(self.root, python=python, pytest_args=pytest_args, cheap=cheap, **settings)
        return verify(suite, changes, changes.ids, self.render, self)

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def begin(self, stage: str, total: int | None) -> None:
        self.under_way.append((stage, total))

    def advance(self, count: int = 1) -> None:
        self.advanced += count


Make = Callable[[Mapping[str, str]], Project]


@pytest.fixture(scope="module")
def project_at(bare_environment: None) -> Callable[[Path, Mapping[str, str]], Project]:
    return Project


@pytest.fixture
def make(bare_environment: None, tmp_path: Path) -> Make:
    def make(files: Mapping[str, str]) -> Project:
        return Project(tmp_path / "shop", files)

    return make


class Bench:
    """Stands where processes would be started: hands out the transcripts that it was given, one after another, or those
    that `answer` makes of a content and some tests, None for all.

    `asked` are the runs, as the changes in them and the tests, both sorted and joined; no tests are all tests. A change
    is a letter, which its file holds; those in lower case alone change the content.
    """

    def __init__(self, *transcripts: Transcript) -> None:
        self.left = list(transcripts)
        self.answer: Callable[[str, frozenset[str] | None], Transcript] = lambda content, only: self.left.pop(0)
        self.asked: list[tuple[str, str]] = []
        self.told: list[str] = []
        self.preferred: list[str] = []
        self.sites: list[Collection[str]] = []

    def run(self, asked: Asked) -> Transcript:
        content = (asked.files.get("app.py") or b"").decode()
        self.asked.append((content, " ".join(sorted(asked.only or ()))))
        self.sites.append(asked.sites)
        return self.answer(content, asked.only)

    def prefer(self, folders: Collection[str]) -> None:
        self.preferred += sorted(folders)

    def trials(self, memory: Memory | None = None) -> Trials:
        def render(ids: frozenset[str]) -> dict[str, bytes | None]:
            lower = "".join(sorted(id for id in ids if id.islower()))
            return {"app.py": lower.encode()} if lower else {}

        def locate(ids: frozenset[str]) -> Sites:
            return Sites({"app.py": ((1, len(ids), 0),)}, (tuple(sorted(ids)),))

        return Trials(cast(Runner, self), render, locate, memory or Memory(None), self.told.append)


Said = Callable[..., Transcript]


def _phase(test: str, outcome: str, seconds: float) -> Iterable[dict[str, object]]:
    """Return what the plugin says of a test that came to `outcome`."""
    about = {"id": test, "xfail": "no", "message": f"{test} {outcome}", "seconds": seconds}
    if outcome == "unawaited":
        yield {"event": "phase", "when": "call", **about, "outcome": "passed"}
        yield {"event": "unawaited", "id": test, "coroutine": f"of_{test}"}
    elif outcome in ("timed out", "crashed"):
        yield {"event": "stopped", "id": test, "outcome": outcome, "message": f"{test} {outcome}"}
    elif outcome == "error":
        yield {"event": "phase", "when": "setup", **about, "outcome": "failed"}
    else:
        yield {"event": "phase", "when": "call", **about, "outcome": outcome}


@pytest.fixture
def said() -> Said:
    """Make the transcript of a run: `said("a passed", "b failed 2.5")`, a number being the seconds that it took.

    `traffic` are the paths that each test requested, `rows` any more lines of the plugin.
    """

    def said(
        *tests: str,
        traffic: Mapping[str, str] | None = None,
        rows: Iterable[Mapping[str, object]] = (),
        ending: Ending = Ending.FINISHED,
        took: float = 1.0,
    ) -> Transcript:
        lines: list[Mapping[str, object]] = []
        for test in tests:
            name, outcome, *seconds = test.replace("timed out", "timed_out").split(" ")
            lines += _phase(name, outcome.replace("_", " "), float(seconds[0]) if seconds else 0.1)
        for name, paths in (traffic or {}).items():
            asked = [["GET", path, "200", "digest"] for path in paths.split()]
            lines.append({"event": "traffic", "id": name, "rows": asked})
        return Transcript(tuple(json.dumps(line) + "\n" for line in (*lines, *rows)), ending, 0, "", took)

    return said


@pytest.fixture
def bench() -> type[Bench]:
    return Bench
