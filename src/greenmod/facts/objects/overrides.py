"""What the source of libraries can't tell, each entry proven by a wrong answer without it; the data lies beside.

`annotations`: what functions return, and attributes are, that have none; of `__await__` what awaiting gives.
`plain_unions`: classes of which a result `X | Awaitable[X]` is the X, because one annotation serves a synchronous class
as well, or because a pipeline gathers its commands. `coroutine_members`: classes whose methods are made at run time and
are coroutine functions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from greenmod.facts.objects.module import Module


@dataclass(frozen=True, slots=True)
class Overrides:
    """Keys are `file:qualname`, with the file as in Thing."""

    annotations: Mapping[str, str]
    plain_unions: frozenset[str]
    coroutine_members: frozenset[str]


@cache
def overrides() -> Overrides:
    """Read the data."""
    data = json.loads(Path(__file__).with_name("overrides.json").read_text(encoding="utf-8"))
    return Overrides(
        data["annotations"],
        frozenset(data["plain_unions"]),
        frozenset(data["coroutine_members"]),
    )


def annotation(module: Module, qualname: str) -> str:
    """Return the annotation that the source of a library's function or attribute lacks; empty for any other."""
    known = module.is_library and not module.is_shipped
    return overrides().annotations.get(f"{module.file}:{qualname}", "") if known else ""
