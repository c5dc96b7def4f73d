"""Which calls render a template, which one, and with what."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..flows.rows import MAPPED, Call
from ..flows.terms import parts

# Functions of these packages; methods are known by what they are called.
FUNCTIONS = frozenset({"render_template", "stream_template"})
PACKAGES = frozenset({"flask", "quart", "aiohttp_jinja2"})
_METHODS = frozenset({"render", "render_async", "generate", "generate_async", "stream"})
WORDS = FUNCTIONS | _METHODS | {"TemplateResponse"}
_DEPTH = 3  # dictionaries inside each other


class Rendering(NamedTuple):
    """A template by its name, and the names of its context with the terms that they stand for."""

    name: str
    context: tuple[tuple[str, str], ...]


def rendering_of(calls: Sequence[Call], call: Call) -> Rendering | None:
    """Return what one of a function's calls renders; None where it isn't a template whose name is written out."""
    word = call.callee.rpartition(".")[2]
    if word not in WORDS:
        return None
    named = _template(calls, call.callee) if word in _METHODS else call
    name = _name(named) if named is not None else None
    if name is None:
        return None
    given = [*call.args, *(term for key, term in call.keywords if key in ("context", "**"))]
    entries = [entry for term in given for entry in _entries(calls, term)]
    entries += [(key, term) for key, term in call.keywords if key != "**"]
    return Rendering(name, tuple(entries))


def _template(calls: Sequence[Call], callee: str) -> Call | None:
    """Return the call of `get_template` whose result has the method that is called."""
    base, steps = parts(callee)
    if not base.startswith("#") or len(steps) != 1:
        return None
    found = calls[int(base[1:])]
    return found if found.callee.rpartition(".")[2] == "get_template" else None


def _name(call: Call) -> str | None:
    """Return the literal that names a template: the first argument, the one after the request, or `name`."""
    texts = [*call.texts[: min(len(call.args), 2)], call.text_of.get("name", "")]
    for text in texts:
        if text[:1] in ("'", '"'):
            try:
                value = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                return None
            return value if isinstance(value, str) else None
    return None


def _entries(calls: Sequence[Call], term: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the keys of a dictionary that is written out, with terms."""
    for part in term.split("|"):
        base, steps = parts(part)
        made = calls[int(base[1:])] if base.startswith("#") and not steps else None
        if made is None or made.callee not in (MAPPED, "dict") or depth > _DEPTH:
            continue
        for key, held in made.keywords:
            if key == "**":
                yield from _entries(calls, held, depth + 1)
            else:
                yield key, held
