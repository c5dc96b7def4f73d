"""Which tests make a read conditional: those that look at anything but what leads to what is read."""

from __future__ import annotations

from collections.abc import Iterable

from ..flows.terms import EACH

# The term of what isn't known, which may be anything.
ANYTHING = ""


def decides(asked: Iterable[str], term: str) -> bool:
    """Tell whether what a test looks at decides more than that there is something to read.

    {% if author.books %}     {{ author.books[0].title }}      not: it leads there
    {% if book.author_id %}   {{ book.author.name }}           not: there is one
    {% if authors.count() %}  {% for author in authors %}      not: there are some
    {% if author.is_known %}  {{ author.books }}               but so does this
    """
    return not all(_leads(each, term) for each in asked)


def _leads(asked: str, term: str) -> bool:
    if asked == ANYTHING:
        return False
    if term == asked or term.startswith((f"{asked}.", f"{asked}[")) or asked == f"{term}_id":
        return True
    owner = asked.rpartition(".")[0]
    return bool(owner) and term.startswith((f"{owner}{EACH}", f"{owner}.items[", f"{owner}.all()"))
