"""Run codemods on one file: text to LibCST, transformer, edits back in bytes, each result parsed once more.

Whatever goes wrong stays in this file and this codemod, as a Problem; the file is left alone.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import libcst as cst

from greenmod.api import Context, Record
from greenmod.engine.adapter import run_library
from greenmod.engine.depth import is_too_deep
from greenmod.engine.placing import NotReproduced, Placed, place
from greenmod.engine.positions import Positions
from greenmod.engine.problems import codemod_problem, file_problem, syntax_error
from greenmod.engine.slices import Slice, innermost, statements, whole
from greenmod.engine.tokens import Span, apply_spans
from greenmod.engine.work import Piece, Proposal, Task, Work
from greenmod.errors import CodemodError, FileError
from greenmod.facts import survey as surveying
from greenmod.facts.record import FileFacts
from greenmod.model import Problem, Skip
from greenmod.registry import load
from greenmod.source import Source, line_starts
from greenmod.source import load as load_source

_NO_FACTS = FileFacts("", (), (), (), (), {})
_SUPPRESS = re.compile(r"#\s*greenmod:\s*ignore(?:\[(?P<names>[^\]]*)\])?(?P<reason>[^\r\n]*)")
_GENERATED = "@generated"
# Characters that LibCST may be shown at once: it takes 1.5 GB of memory for each million.
_LIMIT = 2_000_000
_HEADER = 2000  # characters in which a generator's mark is looked for


def propose(root: Path, task: Task) -> Proposal:
    """Return what the task's codemods would change in its file."""
    try:
        source = load_source(root, task.path)
    except FileNotFoundError:
        return Proposal(task.path, None)
    except FileError as error:
        return Proposal(task.path, None, problems=(file_problem(error),))
    if _GENERATED in source.text[:_HEADER]:
        reason = "the file says that it is @generated; change its generator instead"
        left = tuple(Skip(work.spec.name, task.path, 1, "generated", reason) for work in task.works)
        return Proposal(task.path, source.sha256, skips=left)
    try:
        file = _File.of(source, task.facts)
    except FileError as error:
        return Proposal(task.path, source.sha256, problems=(file_problem(error),))
    pieces: list[Piece] = []
    skips: list[Skip] = []
    problems: list[Problem] = []
    for work in task.works:
        try:
            found, unchanged = _run(file, work)
        except FileError as error:
            problems.append(file_problem(error))
        except (Exception, SystemExit) as error:  # the border: a codemod may fail in any way; only its own work is lost
            problems.append(codemod_problem(task.path, work.spec.name, error))
        else:
            pieces += found
            skips += unchanged
    return Proposal(task.path, source.sha256, tuple(pieces), tuple(skips), tuple(problems))


class BeyondSlice(Exception):
    """An edit reaches over text that LibCST was not shown."""


class _File:
    """One file with what is known of it: its tree and its facts, once they are asked for.

    There is neither where only LibCST may know the syntax.
    """

    def __init__(
        self, source: Source, tree: ast.Module | None, facts: FileFacts | None, error: SyntaxError | None = None
    ) -> None:
        self.source = source
        self.error = error
        self._tree = tree
        self._facts = facts

    @property
    def is_known(self) -> bool:
        """Tell whether Python itself could parse the file."""
        return self._tree is not None or self._facts is not None

    @classmethod
    def of(cls, source: Source, facts: FileFacts | None) -> _File:
        """Parse the file unless its facts are known. Raises FileError where no parser should be trusted with it."""
        if facts is not None:
            return cls(source, None, facts)
        try:
            return cls(source, surveying.parse(source), None)
        except SyntaxError as error:
            return cls(source, None, None, error)

    def slice(self, work: Work) -> Slice | None:
        """Return the part of the file that a codemod must see; None where that is all of it."""
        text = self.source.text
        if not self.is_known or (work.lines is None and not work.spec.statement_local):
            return None
        if work.lines is None:
            self._tree = self._tree or surveying.parse(self.source)
            return innermost(text, self._tree, _trigger_lines(text, work))
        return statements(text, self.facts().statements, work.lines)

    def line(self, offset: int) -> int:
        """Return the line, from 1, of a character of the text."""
        return bisect_right(self._starts, offset)

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.source.text)

    def facts(self) -> FileFacts:
        """Return the file's facts; empty ones where only LibCST may know its syntax."""
        if self._facts is None:
            self._facts = surveying.survey(self.source.path, self._tree) if self._tree else _NO_FACTS
        return self._facts


def _run(file: _File, work: Work) -> tuple[list[Piece], list[Skip]]:
    """Run one codemod: on the statements that hold its sites; where anything is odd about these, on the whole file."""
    shown = file.slice(work)
    if shown is not None and len(shown.text) <= _LIMIT:
        with suppress(NotReproduced, BeyondSlice, cst.ParserSyntaxError):
            return _run_on(file, work, shown, _parse(file, shown))
    shown = whole(file.source.text)
    try:
        return _run_on(file, work, shown, _parse_whole(file, shown))
    except (NotReproduced, BeyondSlice):
        raise FileError(file.source.path, "LibCST does not give it back byte for byte", kind="syntax") from None


def _run_on(file: _File, work: Work, shown: Slice, module: cst.Module) -> tuple[list[Piece], list[Skip]]:
    """Run one codemod on what LibCST is shown; what it did in bytes, and what it left alone."""
    source = file.source
    if work.spec.is_library:
        placed, skipped = run_library(work.spec, work.options, source.path, module, shown.text)
    else:
        locate = Positions(source.text, shown, module)
        codemod = load(work.spec)(Context(source.path, file.facts, work.options, work.decision, locate))
        result = module.visit(codemod)
        if not isinstance(result, cst.Module):
            raise CodemodError("the codemod replaced the module by something else")
        if file.error is not None and any(record.imports for record in codemod.records):
            raise syntax_error(source.path, file.error)  # imports are settled with Python's own parser
        if shown.is_part and any(_depends_on_rest(record, module) for record in codemod.records):
            raise BeyondSlice
        places = place(module, result, shown.text, codemod.records, [skip.node for skip in codemod.skips])
        placed = places.placed
        skipped = [(places.skips[id(skip.node)], skip.rule, skip.reason) for skip in codemod.skips]
    _check(source, apply_spans(shown.text, sorted(span for p in placed for span in p.spans)), file.is_known)
    spans = {id(p): [_to_file(source, shown, span, p) for span in p.spans] for p in placed}
    pieces = list(_pieces(file, shown, work, placed, spans))
    skips = [
        Skip(work.spec.name, source.path, file.line(shown.origin(at)), rule, reason) for at, rule, reason in skipped
    ]
    return _suppressed(file, work, pieces, skips)


def _depends_on_rest(record: Record, module: cst.Module) -> bool:
    """Tell whether what a record does to a part of a file could differ on the whole.

    LibCST writes `pass` into a block that lost its statements, and gives what stands above the first one to the module.
    """
    gone = record.new is cst.RemovalSentinel.REMOVE or (isinstance(record.new, cst.FlattenSentinel) and not record.new)
    is_statement = isinstance(record.original, cst.BaseStatement | cst.BaseSmallStatement)
    return (gone and is_statement) or (bool(module.body) and record.original is module.body[0])


def _parse(file: _File, shown: Slice) -> cst.Module:
    if is_too_deep(shown.text):
        raise surveying.too_deep(file.source.path)
    return cst.parse_module(shown.text)


def _parse_whole(file: _File, shown: Slice) -> cst.Module:
    if len(shown.text) > _LIMIT:
        raise FileError(
            file.source.path,
            f"is too large for LibCST: {len(shown.text):,} characters, and it is given up to {_LIMIT:,}",
            "Leave it out with `exclude`.",
            kind="size",
        )
    try:
        return _parse(file, shown)
    except cst.ParserSyntaxError as error:
        if file.error is not None:  # Python's own words are better, and so is the place that they name
            raise syntax_error(file.source.path, file.error) from error
        raise FileError(
            file.source.path,
            f"LibCST can't parse it: {_first_sentence(error.message)}",
            "Correct the file, or leave it out with `exclude`.",
            line=error.raw_line,
            kind="syntax",
        ) from error


def _trigger_lines(text: str, work: Work) -> tuple[int, ...]:
    words = {word for entry in work.spec.triggers for word in ((entry,) if isinstance(entry, str) else entry)}
    starts = line_starts(text)
    found = set()
    for word in words:
        at = text.find(word)
        while at >= 0:
            found.add(bisect_right(starts, at))
            at = text.find(word, at + 1)
    return tuple(sorted(found))


def _pieces(
    file: _File, shown: Slice, work: Work, placed: Iterable[Placed], spans: dict[int, list[Span]]
) -> Iterator[Piece]:
    offsets = file.source.byte_offsets(point for group in spans.values() for span in group for point in span[:2])
    for part in placed:
        first: Record = part.records[-1]
        yield Piece(
            codemod=work.spec.name,
            path=file.source.path,
            group=next((record.group for record in part.records if record.group), None),
            title="; ".join(dict.fromkeys(record.title for record in part.records)),
            why="; ".join(dict.fromkeys(record.why for record in part.records if record.why)),
            safety=max((record.safety for record in part.records), key=lambda safety: safety == "unsafe"),
            scope=first.scope,
            line=file.line(shown.origin(part.at)),
            spans=tuple((offsets[start], offsets[end], text) for start, end, text in spans[id(part)]),
            requires=tuple(dict.fromkeys(need for record in part.records for need in record.requires)),
            imports=tuple(dict.fromkeys(need for record in part.records for need in record.imports)),
        )


def _to_file(source: Source, shown: Slice, span: Span, part: Placed) -> Span:
    """Move an edit from the text that LibCST saw to the file's text, and check that it hits what it meant."""
    start, end, text = span
    if start == end:
        begin = stop = _insertion_point(source, shown, start, part)
    else:
        begin, stop = shown.origin(start), shown.origin(end - 1) + 1
    meant, found = shown.text[start:end], source.text[begin:stop]
    if meant != found.replace("\r", "\n") and meant != found:
        raise BeyondSlice
    text = source.with_newlines(text)
    source.encode(text)
    return begin, stop, text


def _insertion_point(source: Source, shown: Slice, at: int, part: Placed) -> int:
    """Return where to insert in the file: where something was left out at `at`, before or behind it, as is meant."""
    behind = shown.origin(at)
    before = shown.origin(at - 1) + 1 if at else behind
    if not source.text[before:behind].strip(" \t\f"):
        return behind
    if len(part.records) > 1 or at not in (part.start, part.end):
        raise BeyondSlice
    return behind if at == part.start else before


def _check(source: Source, text: str, by_ast: bool) -> None:
    """Parse the result once. Raises CodemodError: an edit that breaks the syntax is the codemod's fault."""
    try:
        if by_ast:
            surveying.parse(replace(source, text=text))
        else:
            cst.parse_module(text)
    except SyntaxError as error:
        raise CodemodError(f"its result is not valid Python: {error.msg} in {(error.text or '').strip()!r}") from error
    except cst.ParserSyntaxError as error:
        raise CodemodError(f"its result is not valid Python: {_first_sentence(error.message)}") from error


def _suppressed(file: _File, work: Work, pieces: list[Piece], skips: list[Skip]) -> tuple[list[Piece], list[Skip]]:
    """Turn the changes that a `# greenmod: ignore[name] reason` comment forbids into skips."""
    if "greenmod:" not in file.source.text:
        return pieces, skips
    lines = re.split(r"\r\n|\r|\n", file.source.text)
    starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", file.source.data))]
    kept = []
    for piece in pieces:
        own = {piece.line, *(bisect_right(starts, start) for start, _, _ in piece.spans)}
        reason = next((found for line in sorted(own) if (found := _ignore(lines, line, work.spec.name))), None)
        if reason is None:
            kept.append(piece)
        else:
            skips.append(Skip(piece.codemod, piece.path, piece.line, "suppressed", reason))
    return kept, skips


def _ignore(lines: list[str], line: int, name: str) -> str | None:
    match = _SUPPRESS.search(lines[line - 1]) if line <= len(lines) else None
    if match is None or (match["names"] and name not in (part.strip() for part in match["names"].split(","))):
        return None
    return match["reason"].strip() or "a comment says to leave it"


def _first_sentence(message: str) -> str:
    return " ".join(message.split()).partition(". ")[0]
