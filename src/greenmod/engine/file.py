"""A file that is worked on: its tree and its facts, once they are asked for, and what of it a codemod must see."""

from __future__ import annotations

import ast
from bisect import bisect_right
from functools import cached_property

from greenmod.engine.slices import Slice, innermost, statements
from greenmod.engine.work import Work
from greenmod.facts import survey as surveying
from greenmod.facts.record import FileFacts
from greenmod.source import Source, line_starts

_NO_FACTS = FileFacts("", (), (), (), (), {})


class File:
    """One file with what is known of it. There is neither tree nor facts where only LibCST may know the syntax."""

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
    def of(cls, source: Source, facts: FileFacts | None) -> File:
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
        if work.lines is not None and not work.innermost:
            return statements(text, self.facts().statements, work.lines)
        self._tree = self._tree or surveying.parse(self.source)
        if work.lines is None:
            return innermost(text, self._tree, _trigger_lines(text, work))
        return innermost(text, self._tree, work.lines, sparse=True)

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
