"""The kinds of calls, and a verdict on what a place of a mock wants."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Kind(str, Enum):
    """What a call must give."""

    COROUTINE = "coroutine"
    PLAIN = "plain"
    CONTEXT = "async context manager"
    ITERATOR = "async iterator"
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"

    __hash__ = str.__hash__  # that of an Enum takes far longer


class Want(NamedTuple):
    """The kind that a place wants, and the evidence; for a doubtful one the rule and the reason of a skip.

    `is_sure`: a definition says so, or every use of it; `by_use`: nothing but its uses does. Of an unknown kind, a
    reason says what speaks against believing the uses of another role.
    """

    kind: Kind
    why: tuple[str, ...] = ()
    rule: str = ""
    reason: str = ""
    is_sure: bool = False
    by_use: bool = False
    source: object = None
    leans: Kind = Kind.UNKNOWN
    handed: str = ""


NOTHING = Want(Kind.UNKNOWN)
