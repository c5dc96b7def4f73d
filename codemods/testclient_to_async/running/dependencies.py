"""What a project declares, and the one plain place where its tests' dependencies get one more.

A place is plain where nothing has to be guessed: the group, table or requirements file that names pytest already, else
the only one of the best name. What tools wrote (pip-compile) is read and never edited. Nothing here reads the file
system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .dependency_places import Place, find_places
from .folders import Read, inside, upwards
from .listing import (
    Entry,
    array_entries,
    find_spot,
    line_entries,
    normalise,
    requirement,
    version,
    with_array_entry,
    with_line,
)
from .toml_text import find_array, find_lines, load_toml, look_up, with_value

Document = Mapping[str, object]

# What an application needs to run. Its tests' needs go there only if there is no better place.
_MAIN = (("project", "dependencies"), ("tool", "poetry", "dependencies"), ("packages",))
# Releases that are known to do for what the codemod writes.
_BOUNDS = {"asgi-lifespan": "2.1", "httpx": "0.27", "httpx2": "2.0", "pytest-asyncio": "0.24"}


def is_declared(read: Read, folder: str, package: str) -> bool:
    """Tell whether a file from `folder` up to the root names `package`, or an extra that brings it."""
    return any(normalise(package) in place.names for above in upwards(folder) for place in find_places(read, above))


def with_dependency(read: Read, folder: str, package: str) -> tuple[str, str] | None:
    """Return the file, and its new text, that adds `package` to the dependencies of the tests in `folder`.

    None where no place is plain. The nearest folder that names pytest decides, else the nearest with a place at all.
    """
    nearest: list[Place] = []
    for above in upwards(folder):
        places = list(find_places(read, above))
        with_pytest = [place for place in places if "pytest" in place.names]
        for_tests = [place for place in with_pytest if place.keys not in _MAIN]
        if for_tests:
            nearest = for_tests
            break
        alone = [place for place in places if place.path == inside(above, "requirements.txt")]
        nearest = nearest or [place for place in places if place.rank] or with_pytest or alone
    place = _best(nearest)
    text = _added(place, normalise(package)) if place else None
    return (place.path, text) if place and text else None


def told_beside_pytest(read: Read, folder: str, packages: Sequence[str]) -> str | None:
    """Return the one of some packages that is declared where pytest is, in the nearest folder that declares pytest."""
    for above in upwards(folder):
        places = [place for place in find_places(read, above) if "pytest" in place.names]
        told = {package for place in places for package in packages if package in place.names}
        if places:
            return told.pop() if len(told) == 1 else None
    return None


def _best(places: Sequence[Place]) -> Place | None:
    def right(place: Place) -> tuple[bool, bool, int]:
        return place.is_plain, bool(place.names & {"httpx", "httpx2"}), place.rank

    ordered = sorted(places, key=right)
    is_tie = len(ordered) > 1 and right(ordered[-1]) == right(ordered[-2])
    return None if not ordered or is_tie or not ordered[-1].is_plain else ordered[-1]


def _added(place: Place, package: str) -> str | None:
    bound = _BOUNDS.get(package, "")
    if package in place.names:
        return None
    if not place.keys:
        return _in_lines(place.text, package, bound)
    document = load_toml(place.text)
    value = look_up(document, place.keys)
    assert document is not None
    if isinstance(value, list):
        return _in_array(place, document, value, package, bound)
    return _in_table(place, document, package, bound)


def _in_lines(text: str, package: str, bound: str) -> str | None:
    entries = list(line_entries(text))
    new = requirement(package, bound, [entry.text for entry in entries])
    spot = find_spot(text, entries, new)
    return with_line(text, spot, new) if spot else None


def _in_array(place: Place, document: Document, old: list[object], package: str, bound: str) -> str | None:
    span = find_array(place.text, place.keys)
    if span is None:
        return None
    entries = list(array_entries(place.text, *span))
    new = requirement(package, bound, [entry.text for entry in entries if entry.name])
    text = with_array_entry(place.text, *span, find_spot(place.text, entries, new), new)
    after = load_toml(text)
    values = look_up(after, place.keys)
    if not isinstance(values, list) or after != with_value(document, place.keys, values) or new not in values:
        return None
    at = values.index(new)
    return text if [*values[:at], *values[at + 1 :]] == old else None


def _in_table(place: Place, document: Document, package: str, bound: str) -> str | None:
    found = find_lines(place.text, place.keys)
    if found is None or not found.lines:
        return None
    entries = [
        Entry("" if line.key == "python" else normalise(line.key), place.text[line.start : line.end].strip(), *line[1:])
        for line in found.lines
    ]
    wanted = version(bound, [entry.text for entry in entries if entry.name])
    new = f'{package} = "{wanted}"'
    spot = find_spot(place.text, entries, new)
    text = with_line(place.text, spot, new) if spot else ""
    return text if load_toml(text) == with_value(document, (*place.keys, package), wanted) else None
