"""Terms, put together and taken apart. See `rows.py` for what they say."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .rows import UNKNOWN

EACH = "[*]"
# What `as` binds.
ENTERED = "[with]"
# What comes of comparing a value with another.
COMPARED = "[==]"
_ALTERNATIVES = 4
_STEP = re.compile(r"\.[^.\[\]|]+|\[[^\]]*\]")


def joined(terms: Iterable[str]) -> str:
    """Return one term for several alternatives; those that nobody knows are left out."""
    found = list(dict.fromkeys(part for term in terms for part in term.split("|") if part != UNKNOWN))
    return "|".join(found) if found and len(found) <= _ALTERNATIVES else UNKNOWN


def step(term: str, suffix: str) -> str:
    """Return what `suffix` leads to from each alternative of a term."""
    if term == UNKNOWN:
        return UNKNOWN
    return "|".join(part + suffix for part in term.split("|"))


def parts(term: str) -> tuple[str, tuple[str, ...]]:
    """Return the base and the steps of a single term."""
    base = re.match(r"[^.\[|]*", term)
    assert base is not None
    return base[0], tuple(_STEP.findall(term, base.end()))


def is_known(term: str) -> bool:
    """Tell whether a term is about a value that the function made or was given."""
    return term[:1] in ("#", "@")
