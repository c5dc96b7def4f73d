"""Terms: how the rows write down what an expression may be. `|` stands between alternatives, `?` for anything."""

from __future__ import annotations

from collections.abc import Iterable

UNKNOWN = "?"
_ALTERNATIVES = 4


def joined(terms: Iterable[str]) -> str:
    """Return one term for several alternatives."""
    found = sorted({part for term in terms for part in term.split("|")} - {""})
    if UNKNOWN in found or len(found) > _ALTERNATIVES:
        return UNKNOWN
    return "|".join(found) or UNKNOWN


def step(term: str, suffix: str) -> str:
    """Return what `suffix` leads to from each alternative of a term."""
    if UNKNOWN in term or "=" in term or "\\" in term:  # nobody knows, or a step on something that is written out
        return UNKNOWN
    return "|".join(part + suffix for part in term.split("|")) if "|" in term else term + suffix
