"""Finds commits in which an author changed a mock's kind, and asks whether greenmod changes the same ones.

    python benchmarks/mock_history.py mine GITDIR [COMMIT]... [--output FILE]
    python benchmarks/mock_history.py unpack GITDIR FOLDER COMMIT...
    python benchmarks/mock_history.py compare PYTHON CASE[=INTERPRETER]... [--table] [--output FILE]

GITDIR is the git directory of a clone with its history and is only read. A CASE is a folder FOLDER/NAME-COMMIT that
`unpack` made: the source at a commit with the tests of its parent. Beside it lies NAME-COMMIT.author.json, with what
the author changed there. A `note` is for the person who judges an entry: one that begins with `evidence:` says that
only a failing test may license this change, and is counted apart; any other says why this is no right kind for that
source, or no question of kinds, and the entry is not counted. PYTHON is that of an environment with
greenmod, INTERPRETER that of one with the packages that the case imports.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from mock_run import applied, run
from mock_sites import Retyping, retypings
from mock_trees import History, is_test

_EVIDENCE = "evidence: "
_OPTIONS = ("--no-cache", "--option", "mock-to-async-mock.every-site=true")
_DONE = ("reproduced", "by-children")
_WORDS = "AsyncMock|CoroutineMock"


@dataclass(frozen=True, slots=True)
class Authored:
    """A change of kind in a test file; `path` and the lines are the parent's."""

    path: str
    note: str
    retyping: Retyping


@dataclass(frozen=True, slots=True)
class Answer:
    """What greenmod makes of an author's change: `reproduced`, `by-children`, a Skip's rule, or `no-candidate`."""

    authored: Authored
    outcome: str


def mine(history: History, commit: str) -> list[Authored]:
    """Return what the author of `commit` changed in test files that were there before."""
    found = []
    for one in history.touched(commit):
        old, new = history.blob(f"{commit}^", one.old), history.blob(commit, one.path)
        if not is_test(one.path) or old is None or new is None or b"Mock" not in old + new:
            continue
        try:
            found += [Authored(one.old, "", retyping) for retyping in retypings(old, new)]
        except (SyntaxError, ValueError) as error:
            print(f"{commit[:8]} {one.path}: {error}", file=sys.stderr)
    return found


def compare(case: Path, python: Path, interpreter: str = "") -> tuple[list[Answer], list[tuple[str, Retyping]]]:
    """Return an answer to each of the author's changes, and what greenmod changes besides."""
    options = ("--python", interpreter) if interpreter else ()
    done = run(case, python, {**os.environ, "NO_COLOR": "1"}, (*_OPTIONS, *options))
    skips: dict[tuple[str, int], list[str]] = {}
    for skip in done.skips:
        skips.setdefault((skip.path, skip.line), []).append(skip.rule)
    made = {path: retypings((case / path).read_bytes(), data) for path, data in applied(case, done.changes).items()}
    answers, matched = [], set()
    for one in _load(case):
        ours = [other for other in made.get(one.path, ()) if other.is_forward == one.retyping.is_forward]
        same = [other for other in ours if _is_same(one.retyping, other)]
        below = [other for other in ours if _is_below(one.retyping, other)]
        matched |= {(one.path, other) for other in same or below}
        answers.append(Answer(one, "reproduced" if same else "by-children" if below else _skipped(one, skips)))
    extra = [(path, other) for path, ours in made.items() for other in ours if (path, other) not in matched]
    return answers, extra


def _is_same(theirs: Retyping, ours: Retyping) -> bool:
    return ours.target == theirs.target and (ours.line == theirs.line or ours.scope == theirs.scope)


def _is_below(theirs: Retyping, ours: Retyping) -> bool:
    """Whether the author changed an object as a whole, and greenmod those of its children that matter."""
    return ours.scope == theirs.scope and ours.target.startswith(f"{theirs.target}.")


def _skipped(one: Authored, skips: dict[tuple[str, int], list[str]]) -> str:
    lines = range(one.retyping.line, one.retyping.end + 1)
    rules = {rule for line in lines for rule in skips.get((one.path, line), ())}
    return " ".join(sorted(rules)) or "no-candidate"


def _load(case: Path) -> list[Authored]:
    stored = json.loads(_beside(case).read_text(encoding="utf-8"))["retypings"]
    return [Authored(one.pop("path"), one.pop("note"), Retyping(**one)) for one in stored]


def _save(case: Path, history: History, commit: str) -> None:
    rows = [{"path": one.path, "note": one.note, **asdict(one.retyping)} for one in mine(history, commit)]
    document = {"commit": commit, "title": history.title(commit), "retypings": rows}
    _beside(case).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _beside(case: Path) -> Path:
    return case.with_name(f"{case.name}.author.json")


def _mined(history: History, commits: Iterable[str]) -> Iterator[str]:
    for commit in commits:
        found = mine(history, commit)
        counts = Counter("inserted" if not one.retyping.before else one.retyping.is_forward for one in found)
        if counts[True] or counts[False]:
            numbers = f"{counts[True]} to AsyncMock, {counts[False]} back, {counts['inserted']} inserted"
            yield f"## {commit[:10]} {history.title(commit)}: {numbers}"
            for one in found:
                was = one.retyping
                yield f"  {one.path}:{was.line} {was.scope} {was.target}: {was.before!r} → {was.after!r}"


@dataclass(frozen=True, slots=True)
class Compared:
    """A case with its answers, and what greenmod changes besides: the path and the change."""

    name: str
    answers: list[Answer]
    extra: list[tuple[str, Retyping]]

    @property
    def counted(self) -> Counter[str]:
        """The outcomes of what the code alone could tell."""
        return Counter(one.outcome for one in self.answers if not one.authored.note)

    @property
    def by_evidence(self) -> Counter[str]:
        """The outcomes of what only a failing test may license."""
        return Counter(one.outcome for one in self.answers if one.authored.note.startswith(_EVIDENCE))


def _compared(cases: Iterable[str], python: Path) -> Iterator[Compared]:
    for folder, _, interpreter in (case.partition("=") for case in cases):
        case = Path(folder).resolve()
        yield Compared(case.name, *compare(case, python, interpreter))


def listing(cases: Iterable[Compared]) -> Iterator[str]:
    """Yield the lines of a list to read: every change of an author, and every one of ours besides."""
    for case in cases:
        asked = case.counted.total() + case.by_evidence.total()
        numbers = f"{_numbers(case.counted)}; by evidence {_numbers(case.by_evidence)}"
        yield f"## {case.name}: {numbers}; {len(case.answers) - asked} not counted, {len(case.extra)} more of ours"
        for one in case.answers:
            was = one.authored.retyping
            note = f" ({one.authored.note})" if one.authored.note else ""
            yield f"  {one.outcome}{note}: {one.authored.path}:{was.line} {was.target}: {was.before!r} → {was.after!r}"
        for path, ours in case.extra:
            yield f"  more: {path}:{ours.line} {ours.target}: {ours.before!r} → {ours.after!r}"


def table(cases: Iterable[Compared]) -> Iterator[str]:
    """Yield the lines of a Markdown table of the cases that count."""
    yield "| commit | changes | reproduced | missed, by the rule that says why |"
    yield "|---|---:|---:|---|"
    counted = [case for case in cases if case.counted]
    for case in counted:
        yield f"| {case.name} | {_row(case.counted)} |"
    yield f"| {len(counted)} commits | {_row(sum((case.counted for case in counted), Counter()))} |"


def _row(counts: Counter[str]) -> str:
    missed = ", ".join(f"`{rule}` {number}" for rule, number in counts.most_common() if rule not in _DONE)
    return f"{counts.total()} | {sum(counts[done] for done in _DONE)} | {missed}"


def _numbers(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.most_common()) or "nothing"


def main() -> int:
    """Run one of the three commands."""
    given = _arguments()
    if given.command == "unpack":
        for commit in map(given.history.full, given.commits):
            case = given.folder / f"{given.name or given.history.folder.parent.name}-{commit[:8]}"
            given.history.unpack(commit, case)
            _save(case, given.history, commit)
        return 0
    if given.command == "mine":
        lines = _mined(given.history, given.commits or given.history.commits(_WORDS))
    else:
        lines = (table if given.table else listing)(_compared(given.cases, given.python.absolute()))
    with given.output.open("w", encoding="utf-8") if given.output else sys.stdout as file:
        file.writelines(f"{line}\n" for line in lines)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    mining, unpacking, comparing = (commands.add_parser(name) for name in ("mine", "unpack", "compare"))
    for command in (mining, unpacking):
        command.add_argument("history", type=lambda folder: History(Path(folder)), metavar="GITDIR")
    mining.add_argument("commits", nargs="*", metavar="COMMIT")
    unpacking.add_argument("folder", type=Path, metavar="FOLDER")
    unpacking.add_argument("commits", nargs="+", metavar="COMMIT")
    unpacking.add_argument("--name", help="of the project; else of the folder around the git directory")
    comparing.add_argument("python", type=Path, metavar="PYTHON")
    comparing.add_argument("cases", nargs="+", metavar="CASE[=INTERPRETER]")
    comparing.add_argument("--table", action="store_true", help="a table instead of the list")
    for command in (mining, comparing):
        command.add_argument("--output", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
