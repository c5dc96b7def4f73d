"""What a template reads, as plain data."""

from __future__ import annotations

from typing import NamedTuple


class TemplateRead(NamedTuple):
    """An attribute that is read: `term` ends with it, and begins with `@` and a name of the context.

    Terms are those of `flows.rows`; a step `.all()` is what a method gives. `path` and `line` (from 1) say where it is
    written: in the template, or in one that it includes, extends or imports. `is_conditional`: a test decides that
    looks at anything but what leads to it.
    """

    term: str
    path: str
    line: int
    is_conditional: bool
