"""Take the relationship loader options out of a file.

What is written in `.options(…)`, or in `options=[…]` of a `get`, goes, and `.options()` with nothing left in it.
Options in variables, starred lists and other functions' arguments stay, and such as load a part of the rows
(`A.bs.and_(…)`). So do `contains_eager` and `defaultload`, without what is loaded beyond them.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers
from libcst.codemod import CodemodContext, VisitorBasedCodemodCommand
from libcst.codemod.visitors import RemoveImportsVisitor
from loader_sites import LOADERS, OPTIONS

_GETS = frozenset({"get", "get_one", "get_or_404", "merge", "refresh"})
_KEPT = frozenset({"contains_eager", "defaultload", "Load"})


def remove(source: bytes) -> bytes:
    """Return the file without them, and without imports that nothing else uses. Raises cst.ParserSyntaxError."""
    module = cst.parse_module(source)
    # Relative imports are looked up, however deep; what stands in the place of their module plays no part.
    context = CodemodContext(full_module_name="a.b.c.d.e.f", full_package_name="a.b.c.d.e")
    return _Removal(context).transform_module(module).bytes


class _Removal(VisitorBasedCodemodCommand):
    def __init__(self, context: CodemodContext) -> None:
        super().__init__(context)
        self._loaders: set[str] = set()  # variables that hold options

    def visit_Module(self, node: cst.Module) -> None:
        for each in matchers.findall(node, matchers.Assign(targets=[matchers.AssignTarget(matchers.Name())])):
            target = cst.ensure_type(cst.ensure_type(each, cst.Assign).targets[0].target, cst.Name)
            if self._is_loader(cst.ensure_type(each, cst.Assign).value):
                self._loaders.add(target.value)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        name = _word(original_node.func)
        if name == "options" and isinstance(updated_node.func, cst.Attribute) and not self._is_loader(original_node):
            return self._options(original_node, updated_node, updated_node.func)
        if name in _GETS:
            return self._get(original_node, updated_node)
        return updated_node

    def _is_loader(self, node: cst.BaseExpression) -> bool:
        while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            node = node.func.value
        return _word(node.func) in LOADERS | _KEPT if isinstance(node, cst.Call) else _word(node) in self._loaders

    def _options(self, original: cst.Call, updated: cst.Call, func: cst.Attribute) -> cst.BaseExpression:
        kept = self._kept([(arg.value, arg) for arg in original.args])
        if kept == list(original.args):
            return updated
        return updated.with_changes(args=_ended(kept)) if kept else _without_call(updated, func.value)

    def _get(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        args = []
        for arg in original.args:
            value = arg.value
            if arg.keyword is None or arg.keyword.value != "options" or not isinstance(value, cst.List | cst.Tuple):
                args.append(arg)
                continue
            elements = self._kept([(element.value, element) for element in value.elements])
            if elements == list(value.elements):
                args.append(arg)
            elif elements:
                args.append(arg.with_changes(value=value.with_changes(elements=elements)))
        return updated if args == list(original.args) else updated.with_changes(args=_ended(args))

    def _kept(self, found: Sequence[tuple[cst.BaseExpression, cst.CSTNode]]) -> list[cst.CSTNode]:
        """Return the arguments or elements that stay, each as far as it does."""
        kept = []
        for value, holder in found:
            left = _left(value)
            if left is not value:
                RemoveImportsVisitor.remove_unused_import_by_node(self.context, value)
            if left is not None:
                kept.append(holder if left is value else holder.with_changes(value=left))
        return kept


def _left(node: cst.BaseExpression) -> cst.BaseExpression | None:
    """Return what is left of an option: itself, its beginning, or None."""
    steps = _steps(node)
    names = [_word(step.func) for step in steps]
    if not names or names[0] not in LOADERS | _KEPT or not _is_told(steps):
        return node
    cut = next((number for number, name in enumerate(names) if name in LOADERS), None)
    if cut is None:
        return _left_inside(node)
    beginning = steps[cut - 1] if cut else None
    return None if beginning is None or names[cut - 1] == "Load" else beginning


def _left_inside(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return a chain without the loaders in its last `.options(…)`."""
    if not isinstance(node, cst.Call) or _word(node.func) != "options":
        return node
    assert isinstance(node.func, cst.Attribute), "a chain's step is called on the one before"
    kept = [arg for arg in node.args if _left(arg.value) is arg.value]
    if len(kept) == len(node.args):
        return node
    return node.with_changes(args=_ended(kept)) if kept else _without_call(node, node.func.value)


def _without_call(node: cst.Call, inner: cst.BaseExpression) -> cst.BaseExpression:
    """Return what a method was called on, in the parentheses of the call."""
    return inner.with_changes(lpar=[*node.lpar, *inner.lpar], rpar=[*inner.rpar, *node.rpar])


def _is_told(steps: Sequence[cst.Call]) -> bool:
    """Whether a chain has nothing from elsewhere in it, and loads the relationships whole."""
    if any(_word(arg.value.func) == "and_" for step in steps for arg in step.args if isinstance(arg.value, cst.Call)):
        return False
    inside = [arg for step in steps if _word(step.func) == "options" for arg in step.args]
    if any(arg.star for arg in inside):
        return False
    chains = [_steps(arg.value) for arg in inside]
    return all(chain and _word(chain[0].func) in OPTIONS and _is_told(chain) for chain in chains)


def _steps(node: cst.BaseExpression) -> list[cst.Call]:
    """Return the calls of a chain, the first one first; none where it doesn't begin with a plain call."""
    found: list[cst.Call] = []
    while isinstance(node, cst.Call):
        found.insert(0, node)
        if not isinstance(node.func, cst.Attribute) or not isinstance(node.func.value, cst.Call):
            return found
        node = node.func.value
    return []


def _ended(args: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
    """Return arguments of which the last has no comma behind it."""
    return [*args[:-1], *(last.with_changes(comma=cst.MaybeSentinel.DEFAULT) for last in args[-1:])]


def _word(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
