"""Run one codemod on one file: text to LibCST, transformer, edits back in bytes, the result parsed once more.

LibCST is shown what the codemod must see; where anything is odd about that, the whole file.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import libcst as cst

from greenmod.api import Codemod, Context
from greenmod.api.records import Record
from greenmod.engine.adapter import run_library
from greenmod.engine.depth import is_too_deep
from greenmod.engine.file import File
from greenmod.engine.pieces import BeyondSlice, as_proposal, in_file
from greenmod.engine.placing import Placed, place
from greenmod.engine.positions import Positions
from greenmod.engine.problems import syntax_error
from greenmod.engine.slices import Slice, whole
from greenmod.engine.tokens import Span, apply_spans
from greenmod.engine.work import Proposal, Work
from greenmod.engine.written import NotReproduced, Written
from greenmod.errors import CodemodError, FileError
from greenmod.facts import survey as surveying
from greenmod.registry import load
from greenmod.source import Source

# Characters that LibCST may be shown at once: it takes 1.5 GB of memory for each million.
_LIMIT = 2_000_000
_OPENED = cst.ClassDef | cst.FunctionDef | cst.With  # statements whose blocks `slices.innermost` cuts


def transform(file: File, work: Work) -> Proposal:
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


def _run_on(file: File, work: Work, shown: Slice, module: cst.Module) -> Proposal:
    """Run one codemod on what LibCST is shown; what it did in bytes, and what it left alone."""
    source = file.source
    if work.spec.is_library:
        placed, skipped = run_library(work.spec, work.options, source.path, module, shown.text)
        return as_proposal(file, work, shown, placed, _spans(file, shown, placed), skipped)
    written = Written(module, shown.text)
    locate = Positions(source.text, shown, written)
    codemod = load(work.spec)(Context(source.path, file.facts, work.options, work.decision, locate))
    result = module.visit(codemod)
    if not isinstance(result, cst.Module):
        raise CodemodError("the codemod replaced the module by something else")
    if file.error is not None and any(record.imports for record in codemod.records):
        raise syntax_error(source.path, file.error)  # imports are settled with Python's own parser
    if shown.is_part and any(_depends_on_rest(record, module) for record in codemod.records):
        raise BeyondSlice
    placed = place(written, result, codemod.records)
    if shown.has_cut_blocks and any(_changes_block(written, part) for part in placed):
        raise BeyondSlice
    spans = _spans(file, shown, placed)
    if type(codemod).check is not Codemod.check:
        codemod.check(apply_spans(source.text, sorted(itertools.chain(*spans))))
    skipped = [(written.span(skip.node).first, skip) for skip in codemod.skips]
    return as_proposal(file, work, shown, placed, spans, skipped)


def _spans(file: File, shown: Slice, placed: Sequence[Placed]) -> list[list[Span]]:
    """Check the result, and return the edits that each part of it is of the file's text."""
    _check(file.source, apply_spans(shown.text, sorted(span for part in placed for span in part.spans)), file.is_known)
    return [[in_file(file.source, shown, span, part) for span in part.spans] for part in placed]


def _depends_on_rest(record: Record, module: cst.Module) -> bool:
    """Tell whether what a record does to a part of a file could differ on the whole.

    LibCST writes `pass` into a block that lost its statements, and gives what stands above the first one to the module.
    """
    gone = record.new is cst.RemovalSentinel.REMOVE or (isinstance(record.new, cst.FlattenSentinel) and not record.new)
    is_statement = isinstance(record.original, cst.BaseStatement | cst.BaseSmallStatement)
    return (gone and is_statement) or (bool(module.body) and record.original is module.body[0])


def _changes_block(written: Written, part: Placed) -> bool:
    """Tell whether a change is one of a block, whose other statements may not be shown, and not of its header alone."""
    originals = [record.original for record in part.records]
    blocks = [node.body if isinstance(node, _OPENED) else node for node in originals]
    starts = [written.span(block).start for block in blocks if isinstance(block, cst.IndentedBlock)]
    return any(end > start for start in starts for _, end, _ in part.spans)


def _parse(file: File, shown: Slice) -> cst.Module:
    if is_too_deep(shown.text):
        raise surveying.too_deep(file.source.path)
    return cst.parse_module(shown.text)


def _parse_whole(file: File, shown: Slice) -> cst.Module:
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


def _first_sentence(message: str) -> str:
    return " ".join(message.split()).partition(". ")[0]
