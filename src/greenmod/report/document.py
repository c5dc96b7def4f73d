"""A report for programs: one JSON document whose keys stay as they are within a version."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import asdict

from greenmod.facts.evidence.document import as_data
from greenmod.model import Change, ChangeSet, Replacement
from greenmod.report.report import Report

_VERSION = 1


def report_json(report: Report) -> str:
    """Return the whole report as JSON; paths relative to the root, offsets in bytes, lines 1-based."""
    document = {
        "version": _VERSION,
        "changes": [_change(change) for change in report.changes],
        "skips": [
            {"codemod": s.codemod, "path": s.path, "line": s.line, "rule": s.rule, "reason": s.reason}
            for s in report.plan.skips
        ],
        "problems": [
            {"path": p.path, "line": p.line, "kind": p.kind, "message": p.message} for p in report.all_problems
        ],
        "baselines": _baselines(report.plan),
        "written": None if report.written is None else list(report.written),
        "verification": None if report.verification is None else asdict(report.verification),
        "evidence": None if report.evidence is None else as_data(report.evidence),
        "summary": {
            "files_looked_at": report.looked_at,
            "files_changed": len(report.paths),
            "changes": dict(report.by_codemod),
            "skips": {f"{codemod}:{rule}": number for (codemod, rule), number in report.skips_by_rule.items()},
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _change(change: Change) -> dict[str, object]:
    return {
        "id": change.id,
        "codemod": change.codemod,
        "title": change.title,
        "why": change.why,
        "safety": change.safety.value,
        "path": change.path,
        "line": change.line,
        "edits": [{"path": e.path, "start": e.start, "end": e.end, "text": e.text} for e in change.edits],
        "imports": [
            {"path": n.path, "module": n.module, "name": n.name, "asname": n.asname, "action": n.action}
            for n in change.imports
        ],
        "files": [_replacement(file) for file in change.files],
        "requires": list(change.requires),
    }


def _replacement(file: Replacement) -> dict[str, str | None]:
    if file.data is None:
        return {"path": file.path, "content": None, "encoding": None}
    try:
        return {"path": file.path, "content": file.data.decode(), "encoding": "utf-8"}
    except UnicodeDecodeError:
        return {"path": file.path, "content": b64encode(file.data).decode(), "encoding": "base64"}


def _baselines(plan: ChangeSet) -> dict[str, str | None]:
    return {path: baseline.sha256 for path, baseline in sorted(plan.baselines.items())}
