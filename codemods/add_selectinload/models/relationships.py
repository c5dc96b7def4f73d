"""What one attribute says of a relationship: its target, its kind, how it is loaded, and its other end."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from greenmod.api import dotted

from ..survey.rows import Value
from .annotations import Shape, shape_of
from .attributes import RELATIONSHIPS, Attribute, Attributes
from .directions import is_collection
from .expressions import literal, parsed, string
from .kinship import Kin
from .names import Names
from .nouns import Doubt, Key, Made, Relationship
from .registry import Registry, argument_of
from .tables import Tables

_LAZY = {True: "select", False: "joined", None: "noload"}
_BY_WRAPPER = {"DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}


@dataclass(frozen=True, slots=True)
class Backref:
    """A relationship that another one makes on its target, with the keywords that it is given."""

    name: str
    named: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """A relationship with what is needed to make its other end."""

    relationship: Relationship
    owner: Key
    target: Key | None
    named: Mapping[str, str]
    backref: Backref | None


class Relationships:
    """Reads the relationships of one entity after the other."""

    def __init__(self, names: Names, kin: Kin, attributes: Attributes, registry: Registry) -> None:
        self._names = names
        self._kin = kin
        self._attributes = attributes
        self._registry = registry
        self.tables = Tables(names, kin, attributes)

    def read(self, key: Key, attribute: Attribute) -> Written | None:
        """Return the relationship that an attribute of an entity, or of its mixin, makes; None for anything else."""
        value, shape = attribute.value, shape_of(attribute.annotation)
        maker = self._maker(attribute)
        if maker == "()" or (maker == "" and attribute.is_declared and value is None and shape.wrapper):
            return self._made_elsewhere(key, attribute, shape)
        if value is None or maker not in RELATIONSHIPS:
            return None
        if maker == "Relationship":  # SQLModel
            value, shape = _of_sqlmodel(value), replace(shape, wrapper="Mapped")
        elif not shape.wrapper:
            shape = Shape()  # nothing but `Mapped` speaks to SQLAlchemy
        if maker == "dynamic_loader":
            value = value._replace(keywords=(("lazy", "'dynamic'"), *value.keywords))
        return self._written(key, attribute, value, shape)

    def backref(self, written: Written) -> Written | None:
        """Return the other end that a relationship makes on its target."""
        made, there, one = written.backref, written.target, written.relationship
        if made is None or there is None:
            return None
        here = written.owner
        named = {"secondary": written.named.get("secondary", "None"), **made.named}
        several = is_collection(self.tables, there, here, named, Shape())
        found = replace(
            one,
            name=made.name,
            declared_in=self._registry.qualified(there),
            target=one.declared_in,
            is_collection=several,
            lazy=_lazy(made.named, Shape()),
            is_viewonly=literal(made.named.get("viewonly")) is True,
            back_populates=one.name,
            is_by_backref=True,
            doubt=self._undirected(one.path, one.line, several),
        )
        return Written(found, there, here, named, None)

    def _maker(self, attribute: Attribute) -> str:
        value = attribute.value
        if value is None or not value.callee:
            return ""
        return self._attributes.maker(attribute.path, value.callee, attribute.owner.scope)

    def _made_elsewhere(self, key: Key, attribute: Attribute, shape: Shape) -> Written | None:
        """Return a relationship that a function makes: nothing is known of it but its name, and its annotation."""
        target = self._of_shape(key, attribute, shape)
        if attribute.is_declared and target is None:
            return None
        doubt = Doubt(
            attribute.path, attribute.line, "computed-relationship", f"`{attribute.name}` is made by a function"
        )
        found = self._relationship(key, attribute, target, shape.is_many if shape.wrapper else None)
        return Written(replace(found, lazy=None, doubt=doubt), key, target, {}, None)

    def _written(self, key: Key, attribute: Attribute, value: Value, shape: Shape) -> Written:
        named = self._unpacked(attribute, value)
        argument = argument_of(value) or named.get("argument", "")
        target = self._of_text(key, attribute, argument) if argument else self._of_shape(key, attribute, shape)
        several = is_collection(self.tables, key, target, named, shape) if target else _by_annotation(named, shape)
        text = argument or attribute.annotation
        doubt = None if target else self._untold(key, attribute, text)
        found = replace(
            self._relationship(key, attribute, target, several),
            lazy=_lazy(named, shape),
            is_viewonly=literal(named.get("viewonly")) is True,
            back_populates=string(named.get("back_populates")),
            doubt=doubt or self._undirected(attribute.path, attribute.line, several),
        )
        backref = _backref(named.get("backref", ""))
        if backref is not None:
            found = replace(found, back_populates=backref.name)
        return Written(found, key, target, named, backref)

    def _unpacked(self, attribute: Attribute, value: Value) -> Mapping[str, str]:
        """Return the keywords, with those of `**common` where a class body or a module sets that to a dictionary."""
        named = dict(value.keywords)
        text = named.get("**", "")
        common = self._attributes.own(attribute.owner).get(text)
        if common is not None and common.value is not None:
            given = parsed(common.value.text)
        else:
            made = self._names.meant(attribute.path, text, attribute.owner.scope) if text else None
            given = parsed(made.text) if isinstance(made, Made) and not made.rest else None
        if not isinstance(given, ast.Dict):
            return named
        found = {str(each.value): ast.unparse(one) for each, one in _pairs(given)}
        del named["**"]
        return {**found, **named}

    def _relationship(self, key: Key, attribute: Attribute, target: Key | None, several: bool | None) -> Relationship:
        return Relationship(
            attribute.name,
            self._registry.qualified(key),
            attribute.path,
            attribute.line,
            self._registry.qualified(target) if target else None,
            several,
            "select",
            is_self_referential=target is not None and self._outermost(target) == self._outermost(key),
        )

    def _outermost(self, key: Key) -> Key:
        return [each for each in self._kin.of(key).classes if each == key or self._kin.is_mapped(each)][-1]

    def _of_shape(self, key: Key, attribute: Attribute, shape: Shape) -> Key | None:
        """Return the class that an annotation leads to."""
        for leaf in reversed(shape.leaves):
            inner = next((each for argument in leaf.arguments for each in reversed(argument.leaves)), leaf)
            found = self._of_text(key, attribute, repr(inner.name), is_annotation=True)
            if found is not None:
                return found
        return None

    def _of_text(self, key: Key, attribute: Attribute, text: str, *, is_annotation: bool = False) -> Key | None:
        """Return the class that an argument means: a name, a lambda that gives one, or a string."""
        node = parsed(text)
        if isinstance(node, ast.Lambda):
            node = node.body
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._of_string(key, attribute, node.value, is_annotation)
        name = dotted(node) if node is not None else ""
        meaning = self._names.meant(attribute.path, name, attribute.owner.scope) if name else None
        if isinstance(meaning, Made) and not meaning.callee:
            return self._of_shape(key, replace(attribute, path=meaning.path), shape_of(meaning.text))
        return meaning if isinstance(meaning, Key) and self._kin.is_mapped(meaning) else None

    def _of_string(self, key: Key, attribute: Attribute, text: str, is_annotation: bool) -> Key | None:
        """Return the class that a string names: the one imported here, if only for types; else the registry's."""
        if not all(part.isidentifier() for part in text.split(".")):
            return None
        found = self._registry.candidates(text, self._kin.of(key).registry, attribute.path)
        meaning = self._names.meant(attribute.path, text, attribute.owner.scope)
        if isinstance(meaning, Key) and self._kin.is_mapped(meaning) and (is_annotation or meaning in found):
            return meaning
        if isinstance(meaning, Made) and is_annotation and not meaning.callee and meaning.text:
            return self._of_shape(key, replace(attribute, path=meaning.path), shape_of(meaning.text))
        return found[0] if len(found) == 1 else None

    def _untold(self, key: Key, attribute: Attribute, text: str) -> Doubt:
        """Return why a target isn't known."""
        found = self._registry.candidates(string(text) or text, self._kin.of(key).registry, attribute.path)
        if len(found) > 1:
            places = ", ".join(f"{each.path}:{each.qualname}" for each in found)
            reason = f"`{attribute.name}` may lead to one of several classes: {places}"
            return Doubt(attribute.path, attribute.line, "ambiguous-class-name", reason)
        reason = f"`{attribute.name}` leads to {text or 'a class'}, which is no mapped class that can be found"
        return Doubt(attribute.path, attribute.line, "unknown-target", reason)

    def _undirected(self, path: str, line: int, several: bool | None) -> Doubt | None:
        if several is not None:
            return None
        reason = "neither an annotation nor the foreign keys tell whether it leads to one row or to several"
        return Doubt(path, line, "unknown-direction", reason)


def _pairs(node: ast.Dict) -> Iterator[tuple[ast.Constant, ast.expr]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant):
            yield key, value


def _by_annotation(named: Mapping[str, str], shape: Shape) -> bool | None:
    uselist = literal(named.get("uselist"))
    return uselist if isinstance(uselist, bool) else shape.is_many if shape.wrapper else None


def _lazy(named: Mapping[str, str], shape: Shape) -> str | None:
    if "lazy" not in named:
        return None if "**" in named else _BY_WRAPPER.get(shape.wrapper, "select")
    found = literal(named["lazy"])
    if isinstance(found, str):
        return found
    return _LAZY.get(found) if found is None or isinstance(found, bool) else None


def _backref(text: str) -> Backref | None:
    """Return what `backref="author"` or `backref=backref("author", lazy="joined")` makes."""
    node = parsed(text) if text else None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Backref(node.value, {})
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        return Backref(str(node.args[0].value), {each.arg or "**": ast.unparse(each.value) for each in node.keywords})
    return None


def _of_sqlmodel(value: Value) -> Value:
    """Return SQLModel's `Relationship(…)` as the `relationship(…)` that it becomes."""
    named = dict(value.keywords)
    keywords = [(name, named[name]) for name in ("back_populates",) if name in named]
    if named.get("link_model", "None") != "None":
        keywords.append(("secondary", named["link_model"]))
    given, whole = parsed(named.get("sa_relationship_kwargs", "{}")), parsed(named.get("sa_relationship", "None"))
    args = parsed(named.get("sa_relationship_args", "[]"))
    if isinstance(given, ast.Dict):
        keywords += [(str(key.value), ast.unparse(each)) for key, each in _pairs(given)]
    elif isinstance(given, ast.Call) and dotted(given.func) == "dict" and not given.args:
        keywords += [(each.arg or "**", ast.unparse(each.value)) for each in given.keywords]
    elif not (isinstance(given, ast.Constant) and given.value is None):
        keywords.append(("**", ""))
    positional = [ast.unparse(each) for each in args.elts] if isinstance(args, ast.List | ast.Tuple) else []
    if isinstance(whole, ast.Call):
        positional = [ast.unparse(each) for each in whole.args]
        keywords += [(each.arg or "**", ast.unparse(each.value)) for each in whole.keywords]
    return Value("relationship", tuple(positional), tuple(keywords))
