"""One module that names are looked up in, wherever its declarations come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.thing import Thing, What

NOTHING = Declarations({"": {}}, {}, {}, {}, is_part=True)


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """`file` is as in Thing; that of a folder without `__init__.py` ends with a slash. `name` is dotted.

    `is_sure` is false where it may be another release than the project's: then nothing can be missing in it.
    """

    name: str
    file: str
    is_library: bool
    declared: Declarations
    is_sure: bool = True

    @property
    def is_package(self) -> bool:
        return self.file.endswith(("__init__.py", "__init__.pyi", "/"))

    @property
    def is_stub(self) -> bool:
        return self.file.endswith(".pyi")

    @property
    def is_shipped(self) -> bool:
        """Whether it is greenmod's own extract of a library that is not installed."""
        return self.is_library and self.declared.is_part and self.file.endswith(".py")

    @property
    def thing(self) -> Thing:
        return Thing(What.MODULE, self.file, is_library=self.is_library)


class Place(NamedTuple):
    """Where an expression stands. `owner` is what `self`, `Self` and the class's type variables are there, if known."""

    module: Module
    scope: str = ""
    owner: Thing | None = None
