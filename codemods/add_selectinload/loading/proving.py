"""Whether it is sure enough that a relationship is loaded lazily: by what a test did, else by how it is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ..following.states import Evidence, Want
from ..models.nouns import Relationship

_RANK = (Evidence.TEST, Evidence.OWN, Evidence.SCHEMA, Evidence.TEMPLATE, Evidence.RETURNED, Evidence.PASSED)


class Left(NamedTuple):
    """Why something is left alone: a rule and a reason."""

    rule: str
    reason: str


def surest(wants: Sequence[Want]) -> Want:
    """Return the want of one path that says most."""
    return min(wants, key=lambda want: (want.is_conditional, _RANK.index(want.evidence), want.where))


def doubt(want: Want, chain: Sequence[Relationship]) -> Left | None:
    """Return why a want is not enough without a test that loads it; None where it is."""
    said = f"`{'.'.join(want.hops)}`"
    if want.evidence is Evidence.TEST:
        return None
    if want.evidence is Evidence.PASSED:
        reason = (
            f"{said} is read by a function that is given the row, at {want.where}: a test has to show it (--verify)"
        )
        return Left("passed-on", reason)
    if want.is_conditional and (want.is_async or want.evidence is Evidence.TEMPLATE):
        return Left(
            "conditional-read", f"whether {said} is read at {want.where} depends on more than the row's being there"
        )
    if not chain[-1].is_collection and len(chain) == 1 and _is_filtered(want):
        return Left("one-parent", f"the query asks for the rows of one {said}, which may well be loaded already")
    if want.is_async and not chain[-1].is_collection and (want.evidence is Evidence.RETURNED or want.options):
        reason = (
            f"{said} may be in the session already where it is read, at {want.where}: a test has to show it (--verify)"
        )
        return Left("identity-map", reason)
    return None


def _is_filtered(want: Want) -> bool:
    """Tell whether the query's conditions name the relationship, or the column that is called after it."""
    pattern = re.compile(rf"\b{re.escape(want.hops[-1])}(?:_id|_pk|_uuid)?\s*(?:==|=)")
    return any(pattern.search(text) for text in want.filters)
