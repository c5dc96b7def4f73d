"""Run the codemods over a large tree and check what must hold for any tree.

    python benchmarks/soak.py TREE [--codemods FOLDER]... [--select NAME,...]

TREE is copied first; the copy is what gets rewritten. Checked: no crash, every result parses, nothing moves outside
the edits, a second run proposes nothing, and the plan is the same with one process and two, without a cache, with a
cold and with a warm one, gated by the prefilter or not.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from greenmod import apply, config, session
from greenmod.facts.survey import parse
from greenmod.model import ChangeSet, Edit
from greenmod.source import decode

FAILURES: list[str] = []


def check(holds: bool, what: str) -> None:
    """Note a failure, and say how it went."""
    print(f"{'ok  ' if holds else 'FAIL'}  {what}", flush=True)
    if not holds:
        FAILURES.append(what)


def main() -> int:
    """Check a tree; the exit code is 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--codemods", action="append", default=[], type=Path)
    parser.add_argument("--select", default="")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="greenmod-soak-") as name:
        copy = Path(name).resolve() / "tree"
        shutil.copytree(arguments.tree, copy, symlinks=True)
        soak(copy, tuple(str(folder.resolve()) for folder in arguments.codemods), arguments.select)
    print(f"{len(FAILURES)} of the checks failed")
    return 1 if FAILURES else 0


def soak(root: Path, codemods: tuple[str, ...], select: str) -> None:
    """Check one tree, which is rewritten."""
    settings = replace(config.load(root), codemods=codemods)
    request = session.Request((root,), select=tuple(filter(None, select.split(","))), jobs=1, use_cache=False)

    def plan(**how: object) -> ChangeSet:
        began = time.monotonic()
        run, found = session.make_plan(replace(request, **how), settings)  # type: ignore[arg-type]
        print(f"      {how or 'plain'}: {len(run.files.chosen)} files, {time.monotonic() - began:.1f} s", flush=True)
        return found

    first = plan()
    print(f"      {len(first.changes)} changes, {len(first.skips)} skips, {len(first.problems)} problems")
    for problem in first.problems[:20]:
        print(f"      {problem.path}:{problem.line}: {problem.message[:150]}")
    print("     ", dict(Counter(f"{skip.codemod}:{skip.rule}" for skip in first.skips)))
    check(not any(problem.kind == "codemod" for problem in first.problems), "no codemod failed on any file")
    check(plan(jobs=2) == first, "two processes plan the same")
    check(plan(use_cache=True) == first, "a cold cache changes nothing")
    check(plan(use_cache=True) == first, "a warm cache changes nothing")
    ungated = plan(gated=False)
    check((ungated.changes, ungated.skips) == (first.changes, first.skips), "the prefilter hides nothing")
    write(root, first)
    check(not plan().changes, "a second run proposes nothing")


def write(root: Path, plan: ChangeSet) -> None:
    """Write a plan, checking each file."""
    baselines = {path: apply.read_baseline(root, plan, path) for path in plan.paths()}
    rendering = apply.render(plan, plan.ids, baselines)
    unparsable = []
    for path, after in rendering.after.items():
        assert after is not None
        try:
            parse(decode(path, after))
        except SyntaxError as error:
            unparsable.append(f"{path}:{error.lineno}")
        (root / path).write_bytes(after)
    check(not unparsable, f"all {len(rendering.after)} results parse {unparsable[:5]}")
    moved = [path for path in rendering.after if not stays_outside(plan, path, baselines[path], rendering.after[path])]
    check(not moved, f"nothing moved outside the edits {moved[:5]}")


def stays_outside(plan: ChangeSet, path: str, before: bytes | None, after: bytes | None) -> bool:
    """Tell whether a file is its baseline but for the edits; settled imports are lines, and checked as such."""
    assert before is not None
    assert after is not None
    edits = sorted(edit for change in plan.changes for edit in change.edits if edit.path == path)
    if any(need.path == path for change in plan.changes for need in change.imports):
        edited = {line for edit in edits for line in lines_around(before, edit)}
        kept = [line for line in before.splitlines() if line not in edited and b"import" not in line]
        new = iter(after.splitlines())
        return all(line in new for line in kept)
    parts, at = [], 0
    for edit in edits:
        parts += [before[at : edit.start], edit.text.encode(decode(path, before).encoding)]
        at = edit.end
    return b"".join((*parts, before[at:])) == after


def lines_around(data: bytes, edit: Edit) -> list[bytes]:
    """Return the lines that an edit touches."""
    start = max(data.rfind(b"\n", 0, edit.start), data.rfind(b"\r", 0, edit.start)) + 1
    end = data.find(b"\n", edit.end)
    return data[start : end if end >= 0 else len(data)].splitlines()


if __name__ == "__main__":
    sys.exit(main())
