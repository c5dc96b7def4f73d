"""What a function does to rows between the query and the read: commits expire them, a refresh loads by name."""

from __future__ import annotations

import ast

from ..flows.rows import Body, Call
from ..flows.terms import parts

_EXPIRING = frozenset({"commit", "rollback", "expire_all"})


class Sequels:
    """What becomes of the rows of one function."""

    def __init__(self, body: Body, *, expires: bool) -> None:
        words = [call.callee.rpartition(".")[2] for call in body.calls]
        self._expiring = [number for number, word in enumerate(words) if word in _EXPIRING] if expires else []
        refreshing = (call for call, word in zip(body.calls, words, strict=True) if word == "refresh" and call.args)
        self._refreshed = {
            f"{part}.{name}"
            for call in refreshing
            for name in refreshed_names(call)
            for part in call.args[0].split("|")
        }

    def is_expired(self, term: str, until: int) -> bool:
        """Tell whether rows that a call gave are expired before the call `until`: no option loads them again."""
        base, _ = parts(term)
        if not base.startswith("#"):
            return False
        return any(int(base[1:]) < number < until for number in self._expiring)

    def is_refreshed(self, term: str) -> bool:
        """Tell whether `refresh()` loads an attribute by its name."""
        return term in self._refreshed

    def is_refreshed_in_part(self, term: str) -> bool:
        """Tell whether `refresh()` loads any attribute of a value by its name."""
        return any(each.startswith(f"{term}.") for each in self._refreshed)


def refreshed_names(call: Call) -> frozenset[str]:
    """Return the attributes that a `refresh()` loads by their names; none where it has none."""
    found: set[str] = set()
    for text in (*call.texts[1 : len(call.args)], call.text_of.get("attribute_names", "")):
        try:
            names = ast.literal_eval(text) if text else ()
        except (ValueError, SyntaxError):
            continue
        found.update(names if isinstance(names, list | tuple | set) else ())
    return frozenset(found)
