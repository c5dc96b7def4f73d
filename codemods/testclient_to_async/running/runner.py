"""Which plugin runs the converted tests, pytest-asyncio or anyio's, and what it wants on each of them.

The reason is always said, with the place in the settings that decides. Nothing here reads the file system.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .pytest_settings import Settings

Kind = Literal["anyio", "asyncio"]


@dataclass(frozen=True, slots=True)
class Uses:
    """How the project's tests are async already: marks counted, and whether pytest-asyncio is imported and declared."""

    asyncio_marks: int = 0
    anyio_marks: int = 0
    imports_pytest_asyncio: bool = False
    asyncio_declared: bool = False


@dataclass(frozen=True, slots=True)
class Runner:
    """A runner of async tests. `mark` is what it wants on each test, empty in auto mode."""

    kind: Kind
    mode: Literal["strict", "auto"]
    mark: Literal["anyio", "asyncio", ""]
    why: str


def choose_runner(settings: Settings, uses: Uses, wanted: str) -> Runner:
    """Choose by the option `wanted`, else by what the project uses already, else anyio, which starlette brings.

    A plugin in auto mode takes every async test, and a plugin that is blocked none, whatever is wanted: under the mark
    of the other one a test and its async fixtures run in different event loops (pytest-asyncio 1.5, anyio 4.16).
    """
    if settings.asyncio_mode == "auto" and not settings.blocks_asyncio:
        why = f"{settings.where('asyncio_mode')} sets asyncio_mode = auto: pytest-asyncio runs every async test"
        why += ", whatever the option runner says" if wanted == "anyio" else ""
        return Runner("asyncio", "auto", "", why)
    if settings.anyio_mode == "auto" and not settings.blocks_anyio:
        why = f"{settings.where('anyio_mode')} sets anyio_mode = auto: anyio runs every async test"
        return Runner("anyio", "auto", "", why)
    kind, why = _unblocked(settings) or _wanted(wanted) or _used(settings, uses)
    return Runner(kind, "strict", kind, why)


def _unblocked(settings: Settings) -> tuple[Kind, str] | None:
    if settings.blocks_asyncio:
        return "anyio", f"{settings.where('blocks_asyncio')} keeps pytest-asyncio out"
    if settings.blocks_anyio:
        return "asyncio", f"{settings.where('blocks_anyio')} keeps anyio's plugin out"
    return None


def _wanted(wanted: str) -> tuple[Kind, str] | None:
    if wanted == "anyio":
        return "anyio", "the option runner asks for anyio"
    if wanted == "asyncio":
        return "asyncio", "the option runner asks for pytest-asyncio"
    return None


def _used(settings: Settings, uses: Uses) -> tuple[Kind, str]:
    if settings.asyncio_mode:
        return "asyncio", f"{settings.where('asyncio_mode')} sets asyncio_mode = {settings.asyncio_mode}"
    if uses.asyncio_marks:
        return "asyncio", f"pytest.mark.asyncio is in use, {_times(uses.asyncio_marks)}"
    if uses.imports_pytest_asyncio:
        return "asyncio", "pytest_asyncio is imported"
    if uses.anyio_marks:
        return "anyio", f"pytest.mark.anyio is in use, {_times(uses.anyio_marks)}"
    return "anyio", "the project has no runner of async tests yet, and starlette brings anyio"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
