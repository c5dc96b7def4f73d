"""White space and comments between brackets, in LibCST's nodes. Indentation is written out in full.

No comment is lost here: what has no place of its own gets a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import libcst as cst

WIDTH = 88  # where a call is broken into lines; the project's own formatter has the last word
NOTHING = cst.SimpleWhitespace("")
BLANK = cst.SimpleWhitespace(" ")

ItemT = TypeVar("ItemT", cst.Arg, cst.Param)
NodeT = TypeVar("NodeT", bound=cst.CSTNode)


class Frame(NamedTuple):
    """Where something is written: its column, the indentation of its line and of the block around, and of one level.

    `tail` is what stands behind it on its last line and has to fit as well.
    """

    column: int
    line: str
    block: str
    level: str
    tail: str = ""

    @property
    def inner(self) -> str:
        """The indentation of arguments on lines of their own."""
        return self.line + self.level

    def fits(self, node: cst.CSTNode) -> bool:
        """Tell whether a node can be written on one line."""
        text = code(node)
        return "\n" not in text and "\r" not in text and self.column + len(text + self.tail) <= WIDTH


class Notes(NamedTuple):
    """The comments in white space: the one at the end of the line, and those on lines of their own below."""

    behind: tuple[cst.Comment, ...] = ()
    below: tuple[cst.Comment, ...] = ()


def expression(text: str) -> cst.BaseExpression:
    """Parse an expression; a chain of names is put together, which is a hundred times cheaper."""
    first, *names = text.split(".")
    if not all(name.isidentifier() for name in (first, *names)):
        return cst.parse_expression(text)
    found: cst.BaseExpression = cst.Name(first)
    for name in names:
        found = cst.Attribute(found, cst.Name(name))
    return found


def code(node: cst.CSTNode) -> str:
    """Return the source text of a node."""
    return cst.Module([]).code_for_node(node)


def comments_in(*nodes: cst.CSTNode) -> list[str]:
    """Return the text of all comments in some nodes."""
    finder = _Comments()
    for node in nodes:
        node.visit(finder)
    return finder.found


class _Comments(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def visit_Comment(self, node: cst.Comment) -> None:
        self.found.append(node.value)


def notes(*spaces: object) -> Notes:
    """Return the comments in white space that stands in a row."""
    behind: list[cst.Comment] = []
    below: list[cst.Comment] = []
    for space in spaces:
        if isinstance(space, cst.ParenthesizedWhitespace):
            (below if below else behind).extend([space.first_line.comment] if space.first_line.comment else [])
            below += [line.comment for line in space.empty_lines if line.comment]
    return Notes(tuple(behind), tuple(below))


def break_line(
    indent: str, above: Sequence[cst.Comment] = (), behind: cst.Comment | None = None, last: str | None = None
) -> cst.ParenthesizedWhitespace:
    """End a line with the comment `behind`, give those `above` the next thing a line each, and indent (else `last`)."""
    return cst.ParenthesizedWhitespace(
        first_line=cst.TrailingWhitespace(cst.SimpleWhitespace("  ") if behind else NOTHING, behind),
        empty_lines=[cst.EmptyLine(False, cst.SimpleWhitespace(indent), comment) for comment in above],
        last_line=cst.SimpleWhitespace(indent if last is None else last),
    )


def indent_of(space: object, block: str, line: str) -> str:
    """Return the indentation of the line that stands behind some white space; `line` if that doesn't begin one."""
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return line
    return (block if space.indent else "") + space.last_line.value


def move(node: NodeT, old: str, new: str) -> NodeT:
    """Indent the further lines of a node as far as its first one has moved."""
    if old == new or not (old.startswith(new) or new.startswith(old)) or len(code(node).splitlines()) < 2:
        return node
    moved = node.visit(_Moving(new.removeprefix(old), old.removeprefix(new) if old.startswith(new) else ""))
    assert isinstance(moved, type(node)), "only white space changes"
    return moved


class _Moving(cst.CSTTransformer):
    def __init__(self, more: str, less: str) -> None:
        super().__init__()
        self._more = "" if less else more
        self._less = less

    def leave_EmptyLine(self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine) -> cst.EmptyLine:
        if updated_node.comment is None:
            return updated_node
        return updated_node.with_changes(whitespace=self._moved(updated_node.whitespace))

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        return updated_node.with_changes(last_line=self._moved(updated_node.last_line))

    def _moved(self, space: cst.SimpleWhitespace) -> cst.SimpleWhitespace:
        return cst.SimpleWhitespace(self._more + space.value.removeprefix(self._less))


def append(items: Sequence[ItemT], new: ItemT, opening: cst.BaseParenthesizableWhitespace) -> list[ItemT]:
    """Add an argument or parameter behind the others, in their layout; `opening` is the space behind the parenthesis.

    With a trailing comma the new one gets it; the comment behind the last one stays there.
    """
    if not items:
        return [new]
    *others, last = items
    after = "whitespace_after_arg" if isinstance(last, cst.Arg) else "whitespace_after_param"
    comma = last.comma if isinstance(last.comma, cst.Comma) else None
    closing = comma.whitespace_after if comma else getattr(last, after)
    separator = opening
    if len(items) > 1 and isinstance(items[-2].comma, cst.Comma):
        separator = items[-2].comma.whitespace_after
    between: cst.BaseParenthesizableWhitespace = BLANK
    if isinstance(separator, cst.ParenthesizedWhitespace):
        between = separator.with_changes(first_line=cst.TrailingWhitespace(NOTHING), empty_lines=[])
        if isinstance(closing, cst.ParenthesizedWhitespace):
            between = between.with_changes(first_line=closing.first_line)
            closing = closing.with_changes(first_line=cst.TrailingWhitespace(NOTHING))
    joined = (comma or cst.Comma()).with_changes(whitespace_after=between)
    if comma:
        new = new.with_changes(comma=cst.Comma(whitespace_after=closing))
        return [*others, last.with_changes(comma=joined), new]
    return [*others, last.with_changes(comma=joined, **{after: NOTHING}), new.with_changes(**{after: closing})]
