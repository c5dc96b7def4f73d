"""How a file writes the names of mocks, so that what is added is written the same way."""

from __future__ import annotations

from typing import NamedTuple

from greenmod.api import FileFacts

_MODULES = ("unittest.mock", "mock", "asynctest")


class Spelled(NamedTuple):
    """How a class of mocks is written in a scope, and the imports that this takes."""

    text: str
    imports: tuple[tuple[str, str, str], ...] = ()


def spell(facts: FileFacts, scope: str, name: str, parameters: tuple[str, ...] = ()) -> Spelled | None:
    """Return how `name` of unittest.mock is written in a scope of a file; None where nothing shows how."""
    visible = [fact for fact in facts.imports if _is_visible(fact.scope, scope) and not fact.for_types]
    for fact in visible:
        if fact.target in {f"{module}.{name}" for module in _MODULES[:2]} and _is_sure(facts, fact.name, scope):
            return Spelled(fact.name)
    for fact in visible:
        # Handed on by a module of the project, or made there under the same name.
        if fact.target.endswith(f".{name}") and fact.target.startswith(".") and _is_sure(facts, fact.name, scope):
            return Spelled(fact.name)
    for fact in visible:
        module, _, imported = fact.target.rpartition(".")
        if module in _MODULES and fact.name != "*" and imported != "mock" and not facts.bindings(name, scope):
            return Spelled(name, (("unittest.mock" if module == "asynctest" else module, name, fact.name),))
    for fact in visible:
        if fact.target in ("unittest.mock", "mock", "mock.mock") and _is_sure(facts, fact.name, scope):
            return Spelled(f"{fact.name}.{name}")
    if any(fact.name == "unittest" and fact.target == "unittest" for fact in visible):
        return Spelled(f"unittest.mock.{name}")
    mocker = next((parameter for parameter in parameters if parameter.endswith("mocker")), None)
    if mocker is not None:
        return Spelled(f"{mocker}.{name}")
    if not facts.bindings(name, scope):
        return Spelled(name, (("unittest.mock", name, ""),))
    return None


def home_of(facts: FileFacts, name: str, scope: str) -> tuple[str, str] | None:
    """Return the module and name that a plain name was imported from."""
    names = facts.qualified_names(name, scope)
    if len(names) != 1:
        return None
    module, _, imported = next(iter(names)).rpartition(".")
    return module, imported


def _is_visible(place: str, scope: str) -> bool:
    return not place or scope == place or scope.startswith(f"{place}.")


def _is_sure(facts: FileFacts, name: str, scope: str) -> bool:
    """Tell whether a name has one meaning, or that of the same class in several libraries."""
    meanings = {
        binding.rpartition(".")[2].replace("CoroutineMock", "AsyncMock") for binding in facts.bindings(name, scope)
    }
    return len(meanings) == 1
