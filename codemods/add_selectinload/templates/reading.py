"""Goes through a template and those that it extends, includes and imports, as rendering would, on every branch.

Nothing is rendered. What isn't rendered isn't read either: a block that a child overrides, a macro that nobody calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from jinja2 import nodes

from .expressions import Expressions
from .rows import TemplateRead
from .sources import Source, literal
from .values import NOTHING, Macro, Module, Value, each, either

Find = Callable[[str], Source | None]
_DEPTH = 12  # of templates and macros inside each other
_MOST = 20_000  # statements
_WRAPPING = (nodes.Scope, nodes.ScopedEvalContextModifier, nodes.FilterBlock)
_DEFINING = (nodes.Assign, nodes.AssignBlock, nodes.Import, nodes.FromImport, nodes.Macro)
# A block with the template in which it stands.
_Placed = tuple[Source, nodes.Block]


def read(source: Source, find: Find) -> tuple[TemplateRead, ...]:
    """Return what a template reads of its context; `find` gives the templates that it names."""
    reading = _Reading(find)
    reading.page(source)
    return tuple(reading.expressions.reads.values())


class _Reading:
    def __init__(self, find: Find) -> None:
        self.expressions = Expressions(self._macro)
        self._find = find
        self._left = _MOST
        self._inside: list[str | int] = []  # what is gone through: templates by path, blocks and macros by identity
        self._blocks: Mapping[str, Sequence[_Placed]] = {}
        self._super: Sequence[_Placed] = ()
        self._looped: frozenset[str] = frozenset()  # names that blocks don't see

    def page(self, source: Source) -> None:
        """Go through a template that is rendered: what its parents make of it."""
        lineage = self._lineage(source)
        outside = self._blocks, self._super
        blocks: dict[str, list[_Placed]] = {}
        for one in lineage:
            for block in one.tree.find_all(nodes.Block):
                blocks.setdefault(block.name, []).append((one, block))
        self._blocks, self._super = blocks, ()
        for one in lineage[:-1]:
            with self._within(one.path, one.path):
                self.statements([each for each in one.tree.body if isinstance(each, _DEFINING)])
        last = lineage[-1]
        with self._within(last.path, last.path):
            shown = last.tree.body
            if last.parent is not None:  # who overrides a block of a library's template means it to be shown
                shown = [each for each in shown if isinstance(each, (*_DEFINING, nodes.Block))]
            self.statements(shown)
        self._blocks, self._super = outside

    def _lineage(self, source: Source) -> list[Source]:
        """Return a template, the one that it extends, and so on, as far as they are known."""
        found = [source]
        while len(found) < _DEPTH and (parent := found[-1].parent) is not None:
            name = literal(parent.template)
            extended = self._find(name) if name is not None else None
            if extended is None or any(extended.path == each.path for each in found):
                break
            found.append(extended)
        return found

    @contextmanager
    def _within(self, what: str | int, path: str) -> Iterator[None]:
        """Go through what is written in the template `path`."""
        outside = self.expressions.path
        self._inside.append(what)
        self.expressions.path = path
        yield
        self.expressions.path = outside
        self._inside.pop()

    def _is_open(self, what: str | int) -> bool:
        return what not in self._inside and len(self._inside) < _DEPTH

    def statements(self, body: Sequence[nodes.Node]) -> None:
        for node in body:
            self._left -= 1
            if self._left < 0:
                return
            self._statement(node)

    def _statement(self, node: nodes.Node) -> None:
        expressions = self.expressions
        if isinstance(node, nodes.Output):
            for each_node in node.nodes:
                self._shown(each_node)
        elif isinstance(node, nodes.For):
            self._for(node)
        elif isinstance(node, nodes.If):
            self._if(node)
        elif isinstance(node, nodes.Assign):
            expressions.bind(node.target, expressions.value(node.node))
        elif isinstance(node, nodes.AssignBlock):
            self.statements(node.body)
            expressions.bind(node.target, NOTHING)
        elif isinstance(node, nodes.With):
            with self._scope():
                for target, value in zip(node.targets, node.values, strict=True):
                    expressions.bind(target, expressions.value(value))
                self.statements(node.body)
        elif isinstance(node, nodes.Macro):
            expressions.names[node.name] = (self._made(node),)
        elif isinstance(node, nodes.CallBlock):
            self._call_block(node)
        elif isinstance(node, nodes.Block):
            self._block(self._blocks.get(node.name, ()), is_scoped=node.scoped)
        elif isinstance(node, nodes.Include):
            self._include(node)
        elif isinstance(node, nodes.Import | nodes.FromImport):
            self._import(node)
        elif isinstance(node, _WRAPPING):
            self.statements(node.body)
        elif isinstance(node, nodes.ExprStmt):
            expressions.value(node.node)

    def _shown(self, node: nodes.Node) -> None:
        self.expressions.value(node)
        if self._super and any(
            isinstance(call.node, nodes.Name) and call.node.name == "super"
            for call in (*((node,) if isinstance(node, nodes.Call) else ()), *node.find_all(nodes.Call))
        ):
            self._block(self._super, is_scoped=True)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """Forget afterwards what names were bound to."""
        outside, looped = self.expressions.names, self._looped
        self.expressions.names = dict(outside)
        yield
        self.expressions.names, self._looped = outside, looped

    def _for(self, node: nodes.For) -> None:
        expressions = self.expressions
        iterated = expressions.value(node.iter)
        with self._scope():
            expressions.bind(node.target, each(iterated))
            expressions.names["loop"] = NOTHING
            self._looped |= _bound(node.target)
            if node.test is None:
                self.statements(node.body)
            else:
                expressions.value(node.test)
                with expressions.where(node.test):
                    self.statements(node.body)
        with self._scope(), expressions.where(None):
            self.statements(node.else_)

    def _if(self, node: nodes.If) -> None:
        expressions, before = self.expressions, self.expressions.names
        expressions.value(node.test)
        asked = [node.test]
        ends = [self._branch(node.body, asked, before)]
        for other in node.elif_:
            expressions.names = before
            with expressions.where(*asked):
                expressions.value(other.test)
            asked.append(other.test)
            ends.append(self._branch(other.body, asked, before))
        ends.append(self._branch(node.else_, asked, before))
        names = dict.fromkeys(name for end in ends for name in end)
        expressions.names = {name: either(expressions.named(name, end) for end in ends) for name in names}

    def _branch(
        self, body: Sequence[nodes.Node], asked: Sequence[nodes.Node], before: Mapping[str, Value]
    ) -> Mapping[str, Value]:
        """Go through one branch, and return what names stand for at its end."""
        self.expressions.names = dict(before)
        with self.expressions.where(*asked):
            self.statements(body)
        return self.expressions.names

    def _block(self, placed: Sequence[_Placed], *, is_scoped: bool) -> None:
        """Go through the first of the blocks of one name; the others are what `super()` shows."""
        if not placed or not self._is_open(id(placed[0][1])):
            return
        source, block = placed[0]
        outside = self._super
        self._super = placed[1:]
        with self._scope(), self._within(id(block), source.path):
            for name in self._looped if not is_scoped else ():
                self.expressions.names.pop(name, None)
            self.statements(block.body)
        self._super = outside

    def _include(self, node: nodes.Include) -> None:
        self.expressions.value(node.template)
        given = node.template.items if isinstance(node.template, nodes.List | nodes.Tuple) else [node.template]
        names = [name for one in given if (name := literal(one)) is not None]
        source = next((found for name in names if (found := self._find(name)) is not None), None)
        if source is None or not self._is_open(source.path):
            return
        with self._scope(), self._context(is_given=node.with_context):
            self.page(source)

    @contextmanager
    def _context(self, *, is_given: bool) -> Iterator[None]:
        """Go through what is given the context, or isn't."""
        expressions = self.expressions
        outside = expressions.has_context, expressions.names
        if not is_given:
            expressions.has_context, expressions.names = False, {}
        yield
        expressions.has_context, expressions.names = outside

    def _import(self, node: nodes.Import | nodes.FromImport) -> None:
        name = literal(node.template)
        source = self._find(name) if name is not None else None
        found: Mapping[str, Value] = {}
        if source is not None and self._is_open(source.path):
            with self._context(is_given=node.with_context), self._within(source.path, source.path), self._scope():
                self.statements([each for each in source.tree.body if isinstance(each, _DEFINING)])
                found = self.expressions.names
        if isinstance(node, nodes.Import):
            value: Value = (Module(source.path, found),) if source is not None else NOTHING
            self.expressions.names[node.target] = value
            return
        for each_name in node.names:
            own, alias = each_name if isinstance(each_name, tuple) else (each_name, each_name)
            self.expressions.names[alias] = found.get(own, NOTHING)

    def _made(self, node: nodes.Macro | nodes.CallBlock) -> Macro:
        expressions = self.expressions
        return Macro(node, expressions.path, expressions.names, expressions.has_context)

    def _macro(self, macro: Macro, call: nodes.Call, caller: Value = NOTHING) -> None:
        """Go through the body of a macro with what a call gives it."""
        if not self._is_open(id(macro.node)):
            return
        expressions, node = self.expressions, macro.node
        given = [expressions.value(argument) for argument in call.args]
        named = {keyword.key: expressions.value(keyword.value) for keyword in call.kwargs}
        with self._context(is_given=True), self._within(id(node), macro.path):
            expressions.has_context, expressions.names = macro.has_context, {**macro.names}
            first = len(node.args) - len(node.defaults)
            defaults = [NOTHING] * first + [expressions.value(default) for default in node.defaults]
            for number, (parameter, default) in enumerate(zip(node.args, defaults, strict=True)):
                value = given[number] if number < len(given) else named.get(parameter.name, default)
                expressions.names[parameter.name] = value
            if isinstance(node, nodes.Macro):
                expressions.names["caller"] = caller
            self.statements(node.body)

    def _call_block(self, node: nodes.CallBlock) -> None:
        called = self.expressions.value(node.call.node)
        macros = [one for one in called if isinstance(one, Macro)]
        for macro in macros:
            self._macro(macro, node.call, (self._made(node),))
        if not macros:  # who calls an unknown macro with a body means it to be shown
            with self._scope():
                for parameter in node.args:
                    self.expressions.names[parameter.name] = NOTHING
                self.statements(node.body)


def _bound(target: nodes.Node) -> frozenset[str]:
    names = [target] if isinstance(target, nodes.Name) else target.find_all(nodes.Name)
    return frozenset(name.name for name in names)
