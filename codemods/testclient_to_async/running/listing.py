"""Where in a list of requirements one more belongs, and how it is written so that it looks like its neighbours.

A list is an array of strings, the lines of a requirements file, or the lines of a table; all three are text with
entries at offsets, and an edit is an insertion. Nothing here reads the file system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?")
_TOKEN = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]', re.S)
_COMMA = re.compile(r"(?:\s|#[^\n]*\n)*,")
_SPACE = re.compile(r"(?:\s|#[^\n]*\n)*")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n)")
# What a new entry belongs beside, the first that is there.
_COMPANIONS = ("pytest", "httpx", "httpx2")


class Entry(NamedTuple):
    """One entry: its normalised name (empty if it names no package), how it is written, and its offsets."""

    name: str
    text: str
    start: int
    end: int


class Spot(NamedTuple):
    """Directly behind an entry, or directly before it."""

    entry: Entry
    is_behind: bool


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def read_requirement(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the normalised name and the extras of `Name[extra] >=1; marker`; an empty name if it is none."""
    found = _NAME.match(text)
    if found is None:
        return "", ()
    return normalise(found[1]), tuple(normalise(extra.strip()) for extra in (found[2] or "").split(","))


def requirement(package: str, bound: str, neighbours: Sequence[str]) -> str:
    """Write a requirement as most of its neighbours are written: with a lower bound, spaced as theirs, or without."""
    lower = [found for text in neighbours if (found := re.search(r"[\w.\]](\s*)(?:>=|~=)(\s*)", text))]
    if not bound or not lower or 2 * len(lower) < len(neighbours):
        return package
    return f"{package}{lower[0][1]}>={lower[0][2]}{bound}"


def version(bound: str, neighbours: Sequence[str]) -> str:
    """Write the value of poetry's `package = "version"` as most of its neighbours are written."""
    carets, lower = (sum(sign in text for text in neighbours) for sign in ("^", ">="))
    if not bound or 2 * (carets + lower) < len(neighbours):
        return "*"
    # A caret before 0.24 would shut out 0.25.
    return f"^{bound}" if carets >= lower and not bound.startswith("0.") else f">={bound}"


def array_entries(text: str, start: int, end: int) -> Iterator[Entry]:
    """Yield the strings and the inline tables of the array at these offsets."""
    depth, began = 0, 0
    for token in _TOKEN.finditer(text, start, end):
        if token[0] in "[{":
            depth += 1
            began = token.start() if depth == 2 else began
        elif token[0] in "]}":
            depth -= 1
            if depth == 1:
                yield Entry("", "", began, token.end())
        elif depth == 1 and token[0][0] != "#":
            inner = token[0].strip("\"'")
            yield Entry(read_requirement(inner)[0], inner, token.start(), token.end())


def line_entries(text: str) -> Iterator[Entry]:
    """Yield the requirements of a requirements file; options, comments and blank lines are none."""
    offset = 0
    for line in text.splitlines(keepends=True):
        code = line.partition(" #")[0].strip()
        if code and code[0] not in "#-":
            yield Entry(read_requirement(code)[0], code, offset, offset + len(line.rstrip("\n")))
        offset += len(line)


def find_spot(text: str, entries: Sequence[Entry], new: str) -> Spot | None:
    """Return where `new` belongs: with its companions, in order where that is sorted, else at the end.

    Blank lines part a list; comments of their own do where it isn't sorted over them. None if there are no entries.
    """
    if not entries:
        return None
    block = _companions(text, entries, at_comments=False)
    later = _later(block, new)
    if later is None and not _is_sorted(block):
        block = _companions(text, entries, at_comments=True)
        later = _later(block, new)
    if later is None:
        return Spot(([entry for entry in block if entry.name] or block)[-1], True)
    index = block.index(later)
    return Spot(block[index - 1], True) if index else Spot(later, False)


def with_array_entry(text: str, start: int, end: int, spot: Spot | None, new: str) -> str:
    """Return `text` with one more string in the array at these offsets, on a line of its own if its neighbours are."""
    quote = "'" if spot and text[spot.entry.start] == "'" else '"'
    item = f"{quote}{new}{quote}"
    if spot is None:
        return _in_empty_array(text, start, end, item)
    comma = "," if re.search(r"""["'],["']""", text[start:end]) else ", "
    entry = spot.entry
    indent = _indent(text, entry.start)
    if not spot.is_behind:
        gap = comma if indent is None else f",\n{indent}"
        return f"{text[: entry.start]}{item}{gap}{text[entry.start :]}"
    following = _SPACE.match(text, _after_comma(text, entry.end))
    next_start = following.end() if following else end
    is_last = text[next_start] == "]"
    if indent is None and not is_last:
        indent = _indent(text, next_start)
    line_end = _LINE_END.match(text, _after_comma(text, entry.end))
    if indent is not None and line_end:
        has_comma = _after_comma(text, entry.end) > entry.end
        first, second = ("", ",") if has_comma else (",", "")
        at = line_end.end()
        return f"{text[: entry.end]}{first}{text[entry.end : at]}\n{indent}{item}{second}{text[at:]}"
    gap = comma if indent is None or not is_last else f",\n{indent}"
    return f"{text[: entry.end]}{gap}{item}{text[entry.end :]}"


def with_line(text: str, spot: Spot, new: str) -> str:
    """Return `text` with one more line, indented as the entry's beside it."""
    entry = spot.entry
    indent = re.match(r"[ \t]*", text[entry.start : entry.end])
    line = f"{indent[0] if indent else ''}{new}"
    if spot.is_behind:
        return f"{text[: entry.end]}\n{line}{text[entry.end :]}"
    return f"{text[: entry.start]}{line}\n{text[entry.start :]}"


def _companions(text: str, entries: Sequence[Entry], at_comments: bool) -> Sequence[Entry]:
    blocks: list[list[Entry]] = [[entries[0]]]
    for before, entry in pairwise(entries):
        lines = [line.strip() for line in text[before.end : entry.start].split("\n")[1:-1]]
        if "" in lines or (at_comments and any(line.startswith("#") for line in lines)):
            blocks.append([])
        blocks[-1].append(entry)
    for companion in _COMPANIONS:
        for block in blocks:
            if any(entry.name == companion for entry in block):
                return block
    return entries


def _is_sorted(block: Sequence[Entry]) -> bool:
    """Tell whether a list is in order, by name or as text: `pytest-cov` stands before `pytest>=8` then."""
    named = [entry for entry in block if entry.name]
    names, texts = [entry.name for entry in named], [entry.text.lower() for entry in named]
    return names == sorted(names) or texts == sorted(texts)


def _later(block: Sequence[Entry], new: str) -> Entry | None:
    """Return the first entry of a sorted list that comes after `new`."""
    name = read_requirement(new)[0]
    return next((entry for entry in block if entry.name > name), None) if _is_sorted(block) else None


def _indent(text: str, start: int) -> str | None:
    """Return the white space before an entry that begins its line; None if something else stands before it."""
    before = text[text.rfind("\n", 0, start) + 1 : start]
    return before if not before.strip() else None


def _in_empty_array(text: str, start: int, end: int, item: str) -> str:
    inner = text[start + 1 : end - 1]
    if "\n" not in inner:
        return f"{text[: start + 1]}{item}{text[end - 1 :]}"
    at = start + 1 + len(inner.rstrip())
    return f"{text[:at]}\n    {item},{text[at:]}"


def _after_comma(text: str, at: int) -> int:
    """Return the offset behind the comma that follows an entry, else that of the entry's end."""
    found = _COMMA.match(text, at)
    return found.end() if found else at
