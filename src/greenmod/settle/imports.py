"""Imports that the chosen changes need, and those that they leave unused, as edits of the baseline.

A new name joins the import statement that it belongs to; a new statement goes below the last import at the top
of the file. Nothing is sorted that was not sorted before.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from greenmod.engine.tokens import Span, apply_spans
from greenmod.facts.survey import parse
from greenmod.model import ImportNeed
from greenmod.source import Source, line_starts

_Import = ast.Import | ast.ImportFrom


def import_spans(source: Source, needs: Iterable[ImportNeed], taken: Sequence[Span]) -> list[Span]:
    """Return the edits `taken`, in characters of the baseline's text, with those that satisfy `needs`, in order.

    Raises SyntaxError where the running Python can't parse the file.
    """
    wanted = sorted(set(needs), key=repr)
    adds = [need for need in wanted if need.action == "add"]
    drops = [need for need in wanted if need.action == "drop"]
    file = _File(source, parse(source), tuple(taken))
    spans = [*_added(file, adds)]
    return _in_order(taken, [*spans, *_dropped(file, drops, spans)])


def _in_order(taken: Sequence[Span], imports: Sequence[Span]) -> list[Span]:
    """Order edits; where both insert at one place, a new line goes above, but the one after a last line below."""
    above = [span for span in imports if span[2].endswith(("\r", "\n"))]
    below = [span for span in imports if not span[2].endswith(("\r", "\n"))]
    return sorted([*above, *sorted(taken), *below], key=lambda span: span[:2])


@dataclass(frozen=True, slots=True)
class _File:
    source: Source
    tree: ast.Module
    taken: tuple[Span, ...]

    def offset(self, line: int, column: int) -> int:
        """Map `ast`'s line and UTF-8 column to a character of the text."""
        start = line_starts(self.source.text)[line - 1]
        if self.source.text.isascii():
            return start + column
        rest = self.source.text[start : start + column].encode()[:column]
        return start + len(rest.decode(errors="ignore"))

    def is_free(self, offset: int) -> bool:
        """Tell whether no other edit stands at `offset`."""
        return not any(start <= offset <= end for start, end, _ in self.taken)

    @property
    def top_imports(self) -> list[_Import]:
        return [node for node in self.tree.body if isinstance(node, _Import)]


def _added(file: _File, needs: Sequence[ImportNeed]) -> Iterator[Span]:
    joined: dict[tuple[int, str], list[str]] = {}
    fresh: list[ImportNeed] = []
    for need in needs:
        home = _home(file, need)
        if home == "present":
            continue
        if isinstance(home, ast.ImportFrom):
            at, form = _place_in(file, home, need)
            if file.is_free(at):
                joined.setdefault((at, form), []).append(_alias(need))
                continue
        fresh.append(need)
    added: dict[int, str] = defaultdict(str)
    for (at, form), names in joined.items():
        added[at] += "".join(form.replace("@", name) for name in dict.fromkeys(names))
    if fresh:
        at, before, after = _below_imports(file)
        added[at] += before + file.source.newline.join(_statements(fresh)) + after
    yield from ((at, at, text) for at, text in added.items())


def _home(file: _File, need: ImportNeed) -> ast.ImportFrom | str | None:
    """Return the statement that a new name joins, `present` where it is imported already, None for a new line."""
    if need.beside is not None and need.name is not None:
        beside = [
            node for node in ast.walk(file.tree) if isinstance(node, ast.ImportFrom) and _binds(node, need.beside)
        ]
        beside = [node for node in beside if node.module == need.module and not node.level]
        beside = [node for node in beside if node.lineno == need.line] or beside
        if any(_imports(node, need) for node in beside):
            return "present"
        if beside:
            return beside[0]
    for node in file.top_imports:
        if _imports(node, need):
            return "present"
    same = [
        node
        for node in file.top_imports
        if isinstance(node, ast.ImportFrom) and node.module == need.module and not node.level and need.name
    ]
    return next((node for node in same if node.names[0].name != "*"), None)


def _binds(node: ast.ImportFrom, name: str) -> bool:
    return any((alias.asname or alias.name) == name for alias in node.names)


def _imports(node: _Import, need: ImportNeed) -> bool:
    if need.name is None:
        return isinstance(node, ast.Import) and any(
            alias.name == need.module and alias.asname == need.asname for alias in node.names
        )
    return (
        isinstance(node, ast.ImportFrom)
        and node.module == need.module
        and not node.level
        and any(alias.name == need.name and alias.asname == need.asname for alias in node.names)
    )


def _alias(need: ImportNeed) -> str:
    name = need.name or need.module
    return f"{name} as {need.asname}" if need.asname else name


def _statements(needs: Sequence[ImportNeed]) -> list[str]:
    """Return the import statements for `needs`, one for all names of a module."""
    names: dict[str, set[str]] = defaultdict(set)
    for need in needs:
        if need.name is not None:
            names[need.module].add(_alias(need))
    modules = {f"import {_alias(need)}" for need in needs if need.name is None}
    return sorted(
        modules | {f"from {module} import {', '.join(sorted(of, key=_sort_key))}" for module, of in names.items()}
    )


def _place_in(file: _File, node: ast.ImportFrom, need: ImportNeed) -> tuple[int, str]:
    """Return where the name goes in an import statement, and how it is written there (`@` is the name).

    Where the names are sorted they stay so; on lines of their own each gets a line.
    """
    names = node.names
    keys = [_sort_key(alias.name) for alias in names]
    later = None
    if keys == sorted(keys):
        later = next((alias for alias in names if _sort_key(alias.name) > _sort_key(need.name or "")), None)
    own_lines = len({alias.lineno for alias in names}) == len(names) and names[0].lineno > node.lineno
    separator = file.source.newline + " " * names[0].col_offset if own_lines else " "
    if later is not None:
        return file.offset(later.lineno, later.col_offset), f"@,{separator}"
    last = names[-1]
    return file.offset(last.end_lineno or last.lineno, last.end_col_offset or 0), f",{separator}@"


def _sort_key(name: str) -> tuple[int, str]:
    """isort's and ruff's default order: CONSTANTS, Classes, functions."""
    if name.isupper() and len(name) > 1:
        return 0, name
    return (1, name) if name[:1].isupper() else (2, name)


def _below_imports(file: _File) -> tuple[int, str, str]:
    """Return where a new import line goes, and what stands before and after it."""
    newline = file.source.newline
    starts = [*line_starts(file.source.text), len(file.source.text)]
    last = _last_plain_import(file.tree)
    if last is None:
        return _above_first_statement(file, starts, newline)
    end = starts[min(_end_line(file.tree, last), len(starts) - 1)]
    ended = file.source.text[:end].endswith(("\n", "\r"))
    return (end, "", newline) if ended else (end, newline, "")


def _end_line(tree: ast.Module, statement: ast.stmt) -> int:
    """Return the last line of a statement, and of those that begin where it ends."""
    line = next(line for line in _lines(tree) if statement in line)
    return line[-1].end_lineno or line[-1].lineno


def _last_plain_import(tree: ast.Module) -> ast.stmt | None:
    """Return the last import of the file's first block of imports."""
    last: ast.stmt | None = None
    for statement in tree.body:
        if isinstance(statement, _Import):
            last = statement
        elif not _is_docstring(statement) and last is not None and not _is_guarded_import(statement):
            break
    return last


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_guarded_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Try, ast.If)) and any(isinstance(child, _Import) for child in statement.body)


def _above_first_statement(file: _File, starts: Sequence[int], newline: str) -> tuple[int, str, str]:
    body = file.tree.body
    if body and _is_docstring(body[0]):
        end = starts[min(_end_line(file.tree, body[0]), len(starts) - 1)]
        return end, newline if file.source.text[:end].endswith(("\n", "\r")) else newline * 2, newline
    first = 0
    for line, start in enumerate(starts[:-1]):
        if not file.source.text.startswith("#", start):
            first = line
            break
    return starts[first], "", newline * 2


def _dropped(file: _File, needs: Sequence[ImportNeed], added: Sequence[Span]) -> Iterator[Span]:
    """Yield the edits that take out what `needs` names and nothing uses, but for those that touch other edits."""
    if not needs:
        return
    edited = apply_spans(file.source.text, _in_order(file.taken, added))
    used = _used_names(parse(replace(file.source, text=edited)))
    for line in _lines(file.tree):
        for span in _removals(file, line, needs, used):
            if not any(start < span[1] and span[0] < end for start, end, _ in (*file.taken, *added)):
                yield span


def _removals(file: _File, line: Sequence[ast.stmt], needs: Sequence[ImportNeed], used: set[str]) -> Iterator[Span]:
    """Yield the edits for the statements that share a line: names out of imports, imports out of the line, or all."""
    gone = set()
    for index, node in enumerate(line):
        if isinstance(node, _Import):
            unused = {number for number, alias in enumerate(node.names) if _is_unused(node, alias, needs, used)}
            if len(unused) == len(node.names):
                gone.add(index)
            else:
                yield from _without([_extent(file, alias) for alias in node.names], unused)
    if len(gone) == len(line):
        starts = [*line_starts(file.source.text), len(file.source.text)]
        yield starts[line[0].lineno - 1], starts[min(line[-1].end_lineno or 1, len(starts) - 1)], ""
    else:
        yield from _without([_extent(file, node) for node in line], gone)


def _without(extents: Sequence[tuple[int, int]], gone: set[int]) -> Iterator[Span]:
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


def _extent(file: _File, node: ast.stmt | ast.alias) -> tuple[int, int]:
    end = file.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
    return file.offset(node.lineno, node.col_offset), end


def _lines(tree: ast.Module) -> list[list[ast.stmt]]:
    """Put the top-level statements together that share a line (`import a; import b`)."""
    lines: list[list[ast.stmt]] = []
    for statement in tree.body:
        if lines and statement.lineno <= (lines[-1][-1].end_lineno or 0):
            lines[-1].append(statement)
        else:
            lines.append([statement])
    return lines


def _is_unused(node: _Import, alias: ast.alias, needs: Sequence[ImportNeed], used: set[str]) -> bool:
    is_named = any(_is_alias_of(node, alias, need) for need in needs)
    return is_named and (alias.asname or alias.name.partition(".")[0]) not in used


def _is_alias_of(node: _Import, alias: ast.alias, need: ImportNeed) -> bool:
    if need.name is None:
        return isinstance(node, ast.Import) and alias.name == need.module
    return (
        isinstance(node, ast.ImportFrom) and not node.level and node.module == need.module and alias.name == need.name
    )


def _used_names(tree: ast.Module) -> set[str]:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    # `__all__` and forward references name things in strings.
    strings = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return used | {word for text in strings for word in re.findall(r"\w+", text)}
