"""What a function does to rows between the query and the read: commits expire them, a refresh loads by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..flows.rows import Body, Call
from ..flows.terms import parts

_EXPIRING = frozenset({"commit", "rollback", "expire_all"})


class Sequels:
    """What becomes of the rows of one function."""

    def __init__(self, body: Body, *, expires: bool) -> None:
        words = [call.callee.rpartition(".")[2] for call in body.calls]
        self._expiring = [number for number, word in enumerate(words) if word in _EXPIRING] if expires else []
        refreshing = (call for call, word in zip(body.calls, words, strict=True) if word == "refresh" and call.args)
        self._refreshed = {term for call in refreshing for term in _refreshed(call)}

    def is_expired(self, term: str, until: int) -> bool:
        """Tell whether rows that a call gave are expired before the call `until`: no option loads them again."""
        base, _ = parts(term)
        if not base.startswith("#"):
            return False
        return any(int(base[1:]) < number < until for number in self._expiring)

    def is_refreshed(self, term: str) -> bool:
        """Tell whether `refresh()` loads an attribute by its name."""
        return term in self._refreshed


def _refreshed(call: Call) -> Iterator[str]:
    texts = [*call.texts[1 : len(call.args)], call.text_of.get("attribute_names", "")]
    for text in texts:
        try:
            names = ast.literal_eval(text) if text else ()
        except (ValueError, SyntaxError):
            continue
        yield from (f"{part}.{name}" for name in names for part in call.args[0].split("|"))
