"""What a class descends from: its bases in the repository, the registry that it is mapped in, and pydantic."""

from __future__ import annotations

from dataclasses import dataclass, replace

from greenmod.api import What

from ..survey.rows import Class
from .expressions import literal
from .names import Meaning, Names
from .nouns import Foreign, Key, Made

# Bases that map nothing by themselves.
_NEUTRAL = frozenset(
    [
        "object",
        "Generic",
        "Protocol",
        "ABC",
        "Enum",
        "str",
        "int",
        "MappedAsDataclass",
        "AsyncAttrs",
        "DeferredReflection",
        "NamedTuple",
        "TypedDict",
        "Exception",
        "SerializeMixin",
        "MutableMapping",
        "Mapping",
        "Hashable",
    ]
)
_DECLARATIVE = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta"})
_PYDANTIC = frozenset({"BaseModel", "GenericModel", "RootModel", "BaseSettings"})
_MAKERS = frozenset({"declarative_base", "generate_base"})
_MAPPING = frozenset({"mapped", "mapped_as_dataclass"})


@dataclass(frozen=True, slots=True)
class Kinship:
    """`classes` are those of the repository in the order of attribute lookup, the class itself first.

    `registry` names the registry that heirs are mapped in, empty where there is none; `is_root` is true of the class
    that stands for it. `kind` is `sqlmodel`, `flask` or `automap` where that makes a difference. `doubt` says why there
    may be other bases.
    """

    classes: tuple[Key, ...]
    registry: str = ""
    is_root: bool = False
    is_schema: bool = False
    kind: str = ""
    doubt: str = ""


class Kin:
    """Answers once for each class."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._known: dict[Key, Kinship] = {}

    def of(self, key: Key) -> Kinship:
        if key not in self._known:
            self._known[key] = Kinship((key,), doubt="its bases go in a circle")
            row = self._names.class_row(key)
            self._known[key] = self._found(key, row) if row else Kinship((key,), doubt="its file can't be read")
        return self._known[key]

    def is_mapped(self, key: Key) -> bool:
        """Tell whether a class has a mapper of its own."""
        row, kin = self._names.class_row(key), self.of(key)
        if row is None or is_abstract(row):
            return False
        if self._is_decorated(key, row, _MAPPING):
            return True
        if kin.kind == "sqlmodel":
            return dict(row.keywords).get("table") == "True"
        if kin.registry:
            return not kin.is_root
        return bool(kin.doubt) and _is_mapped_by_itself(row)

    def _found(self, key: Key, row: Class) -> Kinship:
        found = Kinship((key,))
        for base in row.bases:
            found = self._joined(found, key, base)
        if self._is_decorated(key, row, frozenset({"as_declarative", "as_declarative_base"})):
            found = replace(found, registry=f"{key.path}:{key.qualname}", is_root=True)
        elif not found.registry and self._is_decorated(key, row, _MAPPING):
            found = replace(found, registry=self._decorating(key, row))
        if len(found.classes) != len(set(found.classes)):
            last = {each: index for index, each in enumerate(found.classes)}
            kept = tuple(each for index, each in enumerate(found.classes) if last[each] == index)
            found = replace(found, classes=kept)
        return found

    def _joined(self, found: Kinship, key: Key, base: str) -> Kinship:
        """Return what a class is with one more base."""
        meaning = self._names.meant(key.path, base, key.scope)
        if isinstance(meaning, Key):
            above = self.of(meaning)
            return Kinship(
                (*found.classes, *above.classes),
                found.registry or above.registry,
                found.is_root,
                found.is_schema or above.is_schema,
                found.kind or above.kind,
                found.doubt or above.doubt,
            )
        if isinstance(meaning, Foreign):
            return self._foreign(found, key, meaning)
        if isinstance(meaning, Made):
            return self._made(found, meaning)
        return replace(found, doubt=found.doubt or f"its base `{base}` can't be followed")

    def _foreign(self, found: Kinship, key: Key, base: Foreign) -> Kinship:
        own = f"{key.path}:{key.qualname}"
        if base.name in _DECLARATIVE and base.package == "sqlalchemy":
            return replace(found, registry=own, is_root=True)
        if base.name == "SQLModel":
            return replace(found, registry=found.registry or "SQLModel", is_schema=True, kind="sqlmodel")
        if base.name in _PYDANTIC:
            return replace(found, is_schema=True)
        if base.package == "flask_sqlalchemy" and base.name == "Model":
            return replace(found, registry=found.registry or "flask", kind="flask")
        if base.name in _NEUTRAL or base.package in ("builtins", "typing", "abc", "enum"):
            return found
        return self._heir(found, base)

    def _heir(self, found: Kinship, base: Foreign) -> Kinship:
        """Return what a class is whose base is some library's own heir of pydantic or of a declarative base."""
        thing = self._names.thing(base)
        if thing is None:
            doubt = f"its base `{base.name}` of {base.package} isn't installed here"
            return replace(found, doubt=found.doubt or doubt)
        objects = self._names.objects
        if objects.member(thing, "model_validate").file.startswith("pydantic/"):
            return replace(found, is_schema=True)
        if objects.member(thing, "_sa_registry").what is What.INSTANCE:
            return replace(found, registry=found.registry or base.package)
        return found

    def _made(self, found: Kinship, made: Made) -> Kinship:
        last = self._maker(made)
        own = f"{made.path}:{made.name}"
        if last in _MAKERS and not made.rest:
            return self._with_class(replace(found, registry=found.registry or own), made, "cls", 1)
        if last == "automap_base":
            return replace(found, registry=found.registry or own, kind="automap")
        if made.rest == "Model" and self.is_flask(made):
            found = replace(found, registry=found.registry or own, kind="flask")
            return self._with_class(found, made, "model_class", None)
        return replace(found, doubt=found.doubt or f"its base is made by `{made.callee or made.text}` at run time")

    def _with_class(self, found: Kinship, made: Made, keyword: str, position: int | None) -> Kinship:
        """Add the class that a declarative base is made of: `declarative_base(cls=Base)`."""
        text = made.keywords.get(keyword, "")
        if not text and position is not None and len(made.args) > position:
            text = made.args[position]
        meaning = self._names.meant(made.path, text) if text else None
        if not isinstance(meaning, Key):
            return found
        above = self.of(meaning)
        return replace(found, classes=(*found.classes, *above.classes), doubt=found.doubt or above.doubt)

    def is_flask(self, made: Made) -> bool:
        """Tell whether something is made by `flask_sqlalchemy.SQLAlchemy`, or by an heir of it."""
        meaning: Meaning = self._names.meant(made.path, made.callee)
        if isinstance(meaning, Key):
            rows = [self._names.class_row(each) for each in self.of(meaning).classes]
            return any(base.rpartition(".")[2] == "SQLAlchemy" for row in rows if row for base in row.bases)
        return self._maker(made) == "SQLAlchemy"

    def _maker(self, made: Made) -> str:
        """Return the name that the library has for what made something, whatever it is called here."""
        meaning = self._names.meant(made.path, made.callee) if made.callee else None
        return meaning.name if isinstance(meaning, Foreign) else made.callee.rpartition(".")[2]

    def _is_decorated(self, key: Key, row: Class, names: frozenset[str]) -> bool:
        return any(_called(text).rpartition(".")[2] in names for text in row.decorators)

    def _decorating(self, key: Key, row: Class) -> str:
        """Return the registry whose decorator maps a class, as the one of its own name and place."""
        text = next(_called(each) for each in row.decorators if _called(each).rpartition(".")[2] in _MAPPING)
        owner = text.rpartition(".")[0]
        made = self._names.meant(key.path, owner, key.scope) if owner else None
        if isinstance(made, Made):
            return f"{made.path}:{made.name}{'.' if made.rest else ''}{made.rest}"
        return owner or "mapped"


def is_abstract(row: Class) -> bool:
    return any(
        member.name == "__abstract__" and member.value is not None and literal(member.value.text) is True
        for member in row.members
    )


def _is_mapped_by_itself(row: Class) -> bool:
    """Tell whether a class body has columns and names its table or a relationship: only that of a mapped class does.

    A mixin that stands for no table may have columns, but not a relationship without `declared_attr`.
    """
    names = {member.name for member in row.members} | {function.name for function in row.functions}
    makes = {member.value.callee.rpartition(".")[2] for member in row.members if member.value}
    return bool(makes & {"Column", "mapped_column"}) and ("__tablename__" in names or "relationship" in makes)


def _called(decorator: str) -> str:
    return decorator.partition("(")[0].strip()
