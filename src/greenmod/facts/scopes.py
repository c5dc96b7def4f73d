"""Walking a tree of `ast` and knowing in which scope one stands, named as facts name scopes."""

from __future__ import annotations

import ast

from greenmod.facts.record import MODULE


class ScopedVisitor(ast.NodeVisitor):
    """A visitor whose `scope` is the qualified name of the class or function that it is in.

    Decorators, bases and defaults belong to the scope around. A subclass that overrides `visit_ClassDef`,
    `visit_FunctionDef` or `visit_AsyncFunctionDef` calls it too.
    """

    def __init__(self) -> None:
        self.scope = MODULE

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter(node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is below, in order; recursing only through visitors, because a sum may have thousands of terms."""
        waiting = [*ast.iter_child_nodes(node)][::-1]
        while waiting:
            child = waiting.pop()
            if visit := getattr(self, f"visit_{type(child).__name__}", None):
                visit(child)
            else:
                waiting += [*ast.iter_child_nodes(child)][::-1]

    def _enter(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer = self.scope
        inner = f"{outer}.{node.name}" if outer else node.name
        for field, value in ast.iter_fields(node):
            self.scope = inner if field == "body" else outer
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)
        self.scope = outer
