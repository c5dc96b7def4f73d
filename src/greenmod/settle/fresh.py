"""New import statements as edits: in the place of statements that go, else above or below others."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from greenmod.engine.tokens import Span
from greenmod.model import ImportNeed
from greenmod.settle.lines import first_lines
from greenmod.settle.names import name_key
from greenmod.settle.order import Place, Side, Statement, find_place
from greenmod.settle.sites import File, Site, last_line


class _New(NamedTuple):
    place: Place
    text: str


def spans_at_top(
    file: File, needs: Iterable[ImportNeed], gone: Collection[ast.stmt], others: Collection[str]
) -> tuple[list[Span], set[ast.stmt]]:
    """Return the edits that import `needs` at the top of the file, and which of the statements `gone` they replace.

    `others` are packages known to be no part of the project.
    """
    found: dict[tuple[ast.stmt | None, Side], list[_New]] = defaultdict(list)
    for statement, text in _statements(needs):
        place = find_place(file, statement, gone, others)
        found[place.beside, place.side].append(_New(place, text))
    spans = [_span(file, beside, side, new) for (beside, side), new in found.items()]
    return spans, {beside for beside, side in found if beside is not None and side is Side.INSTEAD}


def spans_inside(
    file: File, needs: Mapping[Site, Sequence[ImportNeed]], gone: Collection[ast.stmt]
) -> tuple[list[Span], set[ast.stmt]]:
    """Return the edits that import `needs` beside nested imports, and which of the statements `gone` they replace."""
    spans: list[Span] = []
    replaced: set[ast.stmt] = set()
    newline = file.source.newline
    for site, needed in needs.items():
        statement, _ = site.anchor
        indent, start = file.indent(statement), file.start(statement)
        texts = [text for _, text in _statements(needed)]
        if statement in gone:
            replaced.add(statement)
            separator = "; " if indent is None else newline + indent
            spans.append((start, file.end(statement), separator.join(texts)))
        elif indent is None:
            spans.append((start, start, "".join(f"{text}; " for text in texts)))
        else:
            line = start - len(indent)
            spans.append((line, line, "".join(indent + text + newline for text in texts)))
    return spans, replaced


def alias_text(need: ImportNeed) -> str:
    """Return how a need stands in an import statement."""
    name = need.name or need.module
    return f"{name} as {need.asname}" if need.asname else name


def _statements(needs: Iterable[ImportNeed]) -> list[tuple[Statement, str]]:
    """Return the import statements for `needs`, one for all names of a module, in isort's order."""
    names: dict[str, set[str]] = defaultdict(set)
    found: set[tuple[Statement, str]] = set()
    for need in needs:
        if need.name is None:
            found.add((Statement(need.module, is_from=False), f"import {alias_text(need)}"))
        else:
            names[need.module].add(alias_text(need))
    for module, aliases in names.items():
        text = f"from {module} import {', '.join(sorted(aliases, key=name_key))}"
        found.add((Statement(module, is_from=True), text))
    return sorted(found, key=lambda each: (each[0].section, each[0].key(), each[1]))


def _span(file: File, beside: ast.stmt | None, side: Side, new: Sequence[_New]) -> Span:
    """Return the edit that writes new statements at one place."""
    newline = file.source.newline
    ordered = sorted(new, key=lambda each: (each.place.section, each.place.key))
    sections = groupby(ordered, key=lambda each: each.place.is_apart and each.place.section)
    text = (newline * 2).join(newline.join(each.text for each in section) for _, section in sections)
    if beside is None:
        return first_lines(file, text)
    if side is Side.INSTEAD:
        return file.start(beside), file.end(beside), text
    if side is Side.ABOVE:
        at = file.starts[beside.lineno - 1]
        return at, at, text + newline * (1 + ordered[-1].place.is_apart)
    at = file.after(last_line([beside]))
    gap = newline * ordered[0].place.is_apart
    is_ended = file.text(0, at).endswith(("\r", "\n"))
    return at, at, gap + text + newline if is_ended else newline + gap + text
