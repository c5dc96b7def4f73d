"""Which nodes a codemod is about, told by the names of its methods.

LibCST looks up a method by name for every node and attribute it passes, and finds one that does nothing. Knowing which
ones a codemod defines, and what none of them can be about, makes a visit half as expensive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import takewhile

import libcst as cst

# White space and punctuation, half of all nodes; each holds nothing but what stands before it here.
_TRIVIA: tuple[type[cst.CSTNode], ...] = (
    cst.SimpleWhitespace,
    cst.Newline,
    cst.Comment,
    cst.TrailingWhitespace,
    cst.EmptyLine,
    cst.ParenthesizedWhitespace,
    cst.Comma,
    cst.Dot,
    cst.AssignEqual,
    cst.Colon,
    cst.LeftParen,
    cst.RightParen,
    cst.LeftSquareBracket,
    cst.RightSquareBracket,
    cst.LeftCurlyBrace,
    cst.RightCurlyBrace,
)


def methods(transformer: type[cst.CSTTransformer]) -> Iterator[tuple[str, type[cst.CSTNode], str]]:
    """Yield what LibCST calls of a transformer: `visit_<Node>`, `leave_<Node>_<attribute>`, with node and attribute."""
    for method in dir(transformer):
        verb, _, rest = method.partition("_")
        name, _, attribute = rest.partition("_")
        kind = getattr(cst, name, None) if verb in ("visit", "leave") else None
        if not (isinstance(kind, type) and issubclass(kind, cst.CSTNode)):
            continue
        if getattr(transformer, method) is not getattr(cst.CSTTransformer, method, None):
            yield method, kind, attribute


def passed_over(kinds: Collection[type[cst.CSTNode]]) -> frozenset[type[cst.CSTNode]]:
    """Return the trivia in which none of `kinds` can stand."""
    return frozenset(takewhile(lambda kind: kind not in kinds, _TRIVIA))
