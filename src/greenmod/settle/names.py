"""The names of one import statement: some that join it, some that go.

What is sorted stays so, and names on lines of their own keep them, with their comments.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence

from greenmod.engine.tokens import Span
from greenmod.settle.order import Natural, natural
from greenmod.settle.sites import File, Import


def name_spans(file: File, node: Import, gone: Collection[int], new: Collection[str]) -> Iterator[Span]:
    """Yield the edits that take the names `gone` (indexes) out of a statement and put `new` ones in.

    Something must be left.
    """
    names = node.names
    added = sorted(new, key=name_key)
    has_lines = _has_lines(file, node)
    if len(gone) == len(names):
        separator = "," + (_line_break(file, node) if has_lines else " ")
        yield file.start(names[0]), file.end(names[-1]), separator.join(added)
    elif has_lines:
        yield from _on_lines(file, node, gone, added)
    else:
        yield from without([(file.start(alias), file.end(alias)) for alias in names], gone)
        end = file.end(_last_kept(names, gone))
        for name in added:
            later = _later(names, gone, name)
            yield _insertion(end, f", {name}") if later is None else _insertion(file.start(later), f"{name}, ")


def name_key(name: str) -> tuple[int, Natural, str]:
    """Sort as isort and ruff do: CONSTANTS, Classes, functions."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, natural(name), name


def without(extents: Sequence[tuple[int, int]], gone: Collection[int]) -> Iterator[Span]:
    """Yield the edits that take some (not all) of what stands in a row out of it, each with one separator."""
    index = 0
    while index < len(extents):
        first = index
        while index in gone:
            index += 1
        if index > first:
            is_last = index == len(extents)
            yield (extents[first - 1][1], extents[-1][1], "") if is_last else (extents[first][0], extents[index][0], "")
        index += 1


def _on_lines(file: File, node: Import, gone: Collection[int], added: Sequence[str]) -> Iterator[Span]:
    names = node.names
    for index in sorted(gone):
        yield file.starts[names[index].lineno - 1], file.after(names[index].end_lineno or 0), ""
    last = _last_kept(names, gone)
    end = file.after(last.end_lineno or 0)
    below = []
    for name in added:
        later = _later(names, gone, name)
        if later is None:
            below.append(name)
        else:
            yield _insertion(file.start(later), f"{name},{_line_break(file, node)}")
    if below:
        # Where the last name has no comma, the new last name has none.
        comma = "," if file.text(file.end(last), end).lstrip().startswith(",") else ""
        if not comma:
            yield _insertion(file.end(last), ",")
        indent = _indent(file, names[0])
        lines = [f"{indent}{name}," for name in below[:-1]] + [f"{indent}{below[-1]}{comma}"]
        yield _insertion(end, "".join(line + file.source.newline for line in lines))


def _later(names: Sequence[ast.alias], gone: Collection[int], name: str) -> ast.alias | None:
    """Return the name that is left and that a new one stands before; None where it stands behind all."""
    keys = [name_key(alias.name) for alias in names]
    if keys != sorted(keys):
        return None
    kept = (alias for index, alias in enumerate(names) if index not in gone)
    return next((alias for alias in kept if name_key(alias.name) > name_key(name)), None)


def _last_kept(names: Sequence[ast.alias], gone: Collection[int]) -> ast.alias:
    return [alias for index, alias in enumerate(names) if index not in gone][-1]


def _has_lines(file: File, node: Import) -> bool:
    """Tell whether each name has a line of its own, within parentheses."""
    return file.text(0, file.end(node)).endswith(")") and all(
        not _indent(file, alias).strip()
        and re.fullmatch(r"\s*,?\s*(#.*)?\s*", file.text(file.end(alias), file.after(alias.end_lineno or 0)))
        for alias in node.names
    )


def _indent(file: File, alias: ast.alias) -> str:
    return file.text(file.starts[alias.lineno - 1], file.start(alias))


def _line_break(file: File, node: Import) -> str:
    return file.source.newline + _indent(file, node.names[0])


def _insertion(at: int, text: str) -> Span:
    return at, at, text
