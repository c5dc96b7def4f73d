"""A codemod's page in Markdown, from what can't lie: docstring, declared options, proven cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from greenmod.cases.case import Case, find_cases
from greenmod.description import CodemodSpec
from greenmod.report.patch import hunks

_HEADING = re.compile(r"^(Why|Left alone|Unsafe when):\s*", re.MULTILINE)
_BLANK = re.compile(r"\n{3,}")
_EXAMPLES = 6


def page(spec: CodemodSpec, fixtures: Path) -> str:
    """Return the page of one codemod."""
    return "\n".join((*_head(spec), *_options(spec), *_examples(list(find_cases(fixtures, spec.name))))).rstrip() + "\n"


def _head(spec: CodemodSpec) -> Iterator[str]:
    body = spec.doc.strip().partition("\n")[2].strip()
    yield f"# {spec.name}\n\n{spec.summary}\n"
    if body:
        yield _BLANK.sub("\n\n", _HEADING.sub(r"\n**\1:** ", body)).strip() + "\n"
    yield f"Safety: {spec.safety.value}." + (f" Source: <{spec.source}>." if spec.source else "") + "\n"


def _options(spec: CodemodSpec) -> Iterator[str]:
    if not spec.options:
        return
    yield f"## Options\n\nIn `[tool.greenmod.{spec.name}]`, or as `--option {spec.name}.NAME=VALUE`.\n"
    for option in spec.options:
        choices = f" ({', '.join(option.choices)})" if option.choices else ""
        yield f"- `{option.name}`{choices}, by default `{option.default}`: {option.help}"
    yield ""


def _examples(cases: list[Case]) -> Iterator[str]:
    changed = _telling([case for case in cases if not case.is_unchanged])
    kept = _telling([case for case in cases if case.is_unchanged])
    if changed:
        yield "## What it changes\n"
    for case in sorted(changed, key=lambda case: case.name):
        yield f"### {_title(case)}\n\n```diff\n{_difference(case)}```\n"
    if kept:
        yield "## What it leaves alone\n"
    for case in sorted(kept, key=lambda case: case.name):
        yield f"### {_title(case)}\n\n```python\n{_text(case)}```\n"


def _telling(cases: list[Case]) -> list[Case]:
    """Return the cases that say they are examples, else the smallest."""
    return [case for case in cases if case.page.get("example")] or sorted(cases, key=_size)[:_EXAMPLES]


def _size(case: Case) -> tuple[int, str]:
    return sum(map(len, case.before.values())), case.name


def _title(case: Case) -> str:
    words = case.name.removeprefix("unchanged_").replace("_", " ")
    return words[:1].upper() + words[1:]


def _difference(case: Case) -> str:
    differences = [
        (path, b"".join(line for line in found if not line.startswith(b"@@")))
        for path, after in case.after.items()
        if (found := list(hunks(case.before.get(path, b""), after)))
    ]
    return "\n".join(
        (f"# {path}\n" if len(differences) > 1 else "") + text.decode("utf-8", "replace").replace("\r", "")
        for path, text in differences
    )


def _text(case: Case) -> str:
    return "\n".join(
        (f"# {path}\n" if len(case.before) > 1 else "")
        + data.decode("utf-8", "replace").replace("\r\n", "\n").rstrip()
        + "\n"
        for path, data in case.before.items()
    )
