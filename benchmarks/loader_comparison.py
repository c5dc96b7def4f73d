"""Which paths came back: the queries of the original, the ablated and the repaired version side by side."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loader_page import UNREAD, Found
from loader_sites import Key, Query, read
from loader_sites import Path as Loaded


@dataclass(frozen=True, slots=True)
class Tree:
    """The queries of the production code in one version."""

    queries: Mapping[Key, Query]
    loaders: Counter[str]


def compare(
    before: Tree,
    bare: Tree,
    after: Tree,
    skips: Sequence[Mapping[str, Any]],
    lazy: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the part of the result that the paths make up. `lazy` is what the tests still load lazily, where known."""
    rules = {(skip["path"], skip["line"]): (skip["rule"], skip["reason"]) for skip in skips}
    missing, extra, count, queries = [], [], 0, 0
    for key in sorted({*before.queries, *after.queries}):
        old, new, none = (tree.queries.get(key) for tree in (before, after, bare))
        query = none or old or new
        assert query is not None, "the key is one of theirs"
        still = _names(none)
        wanted, made = _names(old) - still, _names(new) - still
        queries += bool(wanted)
        if any(path[-1] == "*" for path in wanted):  # which of them is read isn't known
            wanted, made = set(), {path for path in made if len(path) > 1}
        count += len(wanted)
        rule, reason = rules.get((key.path, query.line), ("", ""))
        if not rule and key.word.startswith("via "):
            rule, reason = "(elsewhere)", f"the query is `{key.word.removeprefix('via ')}`"
        if not rule and _is_of_columns(query):
            rule, reason = "(columns)", "it selects columns, for which nothing is loaded"
        if not rule:
            rule, reason = "(not seen)", f"nothing is said of it; {'async' if query.is_async else 'sync'}"
        for path in sorted(wanted - made):
            is_unread = lazy is not None and not any(_is_of(load, query, path) for load in lazy)
            missing.append(
                _found(query, path, *((UNREAD, "no test that is run needs it") if is_unread else (rule, reason)))
            )
        extra += [_found(query, path, "", "") for path in _longest(made - wanted)]
    missing, extra = _without_moved(missing, extra)
    counts = {"queries": queries, "paths": count, "recovered": count - len(missing)}
    return {**counts, "missing": missing, "extra": extra}


def _without_moved(missing: Sequence[Found], extra: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Leave out what an author added to a query in a variable, and greenmod where the class has made it."""
    moved = {
        (one, other)
        for one in missing
        for other in extra
        if one.path == other.path
        and _owner(one.scope) == _owner(other.scope)
        and (other.loaded == one.loaded or other.loaded.startswith(f"{one.loaded}."))
        and one.query.isidentifier()
    }
    gone, come = {one for one, _ in moved}, {other for _, other in moved}
    return [one for one in missing if one not in gone], [other for other in extra if other not in come]


def _owner(scope: str) -> str:
    return scope.rpartition(".")[0]


def _is_of(load: Mapping[str, Any], query: Query, path: Loaded) -> bool:
    """Tell whether a lazy load is that of a path of a query, or of another query of the function."""
    made = load["query"]
    attributes = tuple(hop["attribute"] for hop in load["hops"])
    is_there = (
        made is not None and made["path"] == query.key.path and made["function"] == query.key.scope.split(".")[-1]
    )
    return is_there and attributes == (path[1:] if _is_several(query) else path)


def _names(query: Query | None) -> set[Loaded]:
    """Return the paths of a query without the class where it has just one."""
    if query is None:
        return set()
    return {path if _is_several(query) else path[1:] for path in query.paths}


def _is_several(query: Query) -> bool:
    return query.key.word in ("select", "query") and "," in query.text


def _is_of_columns(query: Query) -> bool:
    return query.key.word == "select" and re.fullmatch(r"select\((\w+\.)+[a-z_]+\)", query.text) is not None


def _longest(paths: set[Loaded]) -> Iterator[Loaded]:
    for path in sorted(paths):
        if not any(other != path and other[: len(path)] == path for other in paths):
            yield path


def _found(query: Query, path: Loaded, rule: str, reason: str) -> Found:
    key = query.key
    return Found(key.path, query.line, key.scope, query.text, ".".join(path), rule, reason)


def read_tree(root: Path, paths: Sequence[str]) -> Tree:
    """Read the files at `paths`; one that doesn't parse is reported and has no queries."""
    queries: dict[Key, Query] = {}
    loaders: Counter[str] = Counter()
    for path in paths:
        try:
            found = read((root / path).read_bytes(), path)
        except (SyntaxError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        queries |= {query.key: query for query in found.queries}
        loaders += found.loaders
    return Tree(queries, loaders)
