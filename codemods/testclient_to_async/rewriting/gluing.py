"""Which expressions a word follows without a blank: `f()for` is fine, but LibCST wants one behind `await f()`.

Parentheses around the `await` do as well, and leave the rest of the line as it is.
"""

from __future__ import annotations

import libcst as cst

from greenmod.api import Codemod, Context


class Gluing(Codemod):
    """A codemod that knows them from the nodes around, which are visited first."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._glued: set[int] = set()

    def is_glued(self, node: cst.CSTNode) -> bool:
        return id(node) in self._glued

    def visit_ListComp(self, node: cst.ListComp) -> None:
        self._note(node.elt, node.for_in.whitespace_before)

    def visit_SetComp(self, node: cst.SetComp) -> None:
        self._note(node.elt, node.for_in.whitespace_before)

    def visit_DictComp(self, node: cst.DictComp) -> None:
        self._note(node.value, node.for_in.whitespace_before)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        clauses: list[cst.CompIf | cst.CompFor] = [*node.ifs, *([node.inner_for_in] if node.inner_for_in else [])]
        for before, clause in zip((node.iter, *(each.test for each in node.ifs)), clauses, strict=False):
            self._note(before, clause.whitespace_before)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._note(node.item, node.asname.whitespace_before_as)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        if self.is_glued(node) and not node.rpar:
            self._glued.add(id(node.value))

    def _note(self, node: cst.BaseExpression, space: cst.BaseParenthesizableWhitespace) -> None:
        if space.empty:
            self._glued.add(id(node))
