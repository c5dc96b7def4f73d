"""Objects that async code makes and commits: what of them is there afterwards, and what no query has loaded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..flows.rows import LISTED, Body, Call
from .sequels import refreshed_names

_ADDING = frozenset({"add", "add_all"})
_WRITING = frozenset({"commit", "flush"})
# Whoever asks again may get what wasn't there.
_ASKING = frozenset({"select", "query", "get", "execute", "scalars", "scalar", "scalar_one", "exec", "stream"})


class Made(NamedTuple):
    """An object that a function made. `there` are the attributes that need no loading after the call `since`.

    `is_expired`: what else the session knows has to be loaded again, too.
    """

    path: str
    scope: str
    line: int
    since: int
    there: frozenset[str]
    is_expired: bool


class Creations:
    """The objects of one async function. `expires`: a commit expires what the session knows."""

    def __init__(self, path: str, body: Body, *, expires: bool) -> None:
        self._path = path
        self._body = body
        self._expires = expires

    def of_call(self, number: int) -> Made | None:
        """Return what becomes of the object that a call makes; None where this function doesn't write it."""
        call, term = self._body.calls[number], f"#{number}"
        later = [*enumerate(self._body.calls)][number + 1 :]
        session = next((_owner(each) for _, each in later if _word(each) in _ADDING and self._holds(each, term)), "")
        written = [
            place
            for place, each in later
            if _word(each) in _WRITING and each.is_awaited and session and _owner(each) == session
        ]
        if not written or call.args or any(place > written[0] and _word(each) in _ASKING for place, each in later):
            return None
        refreshing = [
            each for _, each in later if _word(each) == "refresh" and each.is_awaited and each.args[:1] == (term,)
        ]
        named = {name for each in refreshing for name in refreshed_names(each)}
        is_expired = self._expires and any(_word(self._body.calls[place]) == "commit" for place in written)
        is_reloaded = any(not refreshed_names(each) for each in refreshing)
        given = frozenset() if is_expired or is_reloaded else frozenset(self._given(call, term, written[0]))
        return Made(self._path, self._body.qualname, call.start[0], written[0], given | named, is_expired)

    def _holds(self, call: Call, term: str) -> bool:
        lists = (self._body.calls[int(arg[1:])] for arg in call.args if arg[1:].isdecimal() and arg.startswith("#"))
        return term in call.args or any(each.callee == LISTED and term in each.args for each in lists)

    def _given(self, call: Call, term: str, until: int) -> Iterator[str]:
        """Yield the attributes that were set, or asked for something, before the object was written."""
        yield from call.named
        for read in self._body.reads:
            if read.seq <= until and read.term.startswith(f"{term}."):
                yield read.term.removeprefix(f"{term}.").partition(".")[0]


def _word(call: Call) -> str:
    return call.callee.rpartition(".")[2]


def _owner(call: Call) -> str:
    return call.callee.rpartition(".")[0]
