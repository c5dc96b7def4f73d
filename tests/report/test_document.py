"""A report for programs: every field, and text that JSON alone could not hold."""

from __future__ import annotations

import json
import os

from greenmod.apply import render
from greenmod.model import Baseline, Change, ChangeSet, Edit, ImportNeed, Problem, Replacement, Safety, Skip
from greenmod.report.document import report_json
from greenmod.report.report import Report


def test_says_everything_about_a_run() -> None:
    change = Change(
        id="one:a.py:f:1",
        codemod="one",
        title="Rename",
        why="because",
        safety=Safety.UNSAFE,
        edits=(Edit("a.py", 0, 1, "é"),),
        imports=(ImportNeed("a.py", "m", "n", "o"),),
        requires=(),
        line=1,
        files=(Replacement("c.bin", b"\xff"), Replacement("d.txt", "é".encode()), Replacement("e.txt", None)),
    )
    plan = ChangeSet(
        {"a.py": Baseline("a.py", "sha")},
        (change,),
        (Skip("one", "a.py", 2, "rule", "reason"),),
        (Problem("b.py", 1, "syntax", "message"),),
    )
    before = {"a.py": b"x\n", "c.bin": b"\x00", "d.txt": None, "e.txt": b"e\n"}
    found = Report(plan, plan.ids, render(plan, plan.ids, before), before, looked_at=3, seconds=1.0)
    assert json.loads(report_json(found)) == {
        "version": 1,
        "changes": [
            {
                "id": "one:a.py:f:1",
                "codemod": "one",
                "title": "Rename",
                "why": "because",
                "safety": "unsafe",
                "path": "a.py",
                "line": 1,
                "edits": [{"path": "a.py", "start": 0, "end": 1, "text": "é"}],
                "imports": [{"path": "a.py", "module": "m", "name": "n", "asname": "o", "action": "add"}],
                "files": [
                    {"path": "c.bin", "content": "/w==", "encoding": "base64"},
                    {"path": "d.txt", "content": "é", "encoding": "utf-8"},
                    {"path": "e.txt", "content": None, "encoding": None},
                ],
                "requires": [],
            }
        ],
        "skips": [{"codemod": "one", "path": "a.py", "line": 2, "rule": "rule", "reason": "reason"}],
        "problems": [{"path": "b.py", "line": 1, "kind": "syntax", "message": "message"}],
        "baselines": {"a.py": "sha"},
        "written": None,
        "verification": None,
        "evidence": None,
        "summary": {"files_looked_at": 3, "files_changed": 4, "changes": {"one": 1}, "skips": {"one:rule": 1}},
    }


def test_file_names_that_are_no_text_survive() -> None:
    name = os.fsdecode(b"\xff.py")
    plan = ChangeSet(problems=(Problem(name, 1, "encoding", "message"),))
    found = Report(plan, frozenset(), render(plan, (), {}), {}, looked_at=1, seconds=0.0, written=())
    data = report_json(found).encode("utf-8", "surrogateescape")
    assert os.fsencode(name) in data
    assert json.loads(data.decode("utf-8", "surrogateescape"))["problems"][0]["path"] == name
