"""Which imported names nothing uses once the changes are made.

In doubt a name is used. What is only tried (`try: import x`) stays, and so does a block's last statement.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from unicodedata import normalize

from greenmod.engine.tokens import apply_spans
from greenmod.model import ImportNeed
from greenmod.settle.sites import File, Import, Site, bound_name, read

# What an annotation is made of.
_IN_ANNOTATIONS = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp, ast.BitOr, ast.Load,
)  # fmt: skip


def find_unused(file: File, drops: Sequence[ImportNeed]) -> dict[Site, frozenset[int]]:
    """Return, for the statements that `drops` names, which of their names go (as indexes)."""
    named = {
        site: indexes
        for site in file.sites
        if site.may_go and file.is_untouched(site.node) and (indexes := _named(site, drops))
    }
    bound = {site: {index: bound_name(site.node.names[index]) for index in indexes} for site, indexes in named.items()}
    found: dict[Site, frozenset[int]] = {}
    words = _words_beside(file, named) if named else frozenset()
    for site in list(named):
        # Most often no word is like the names: no need to read the edited file.
        if isinstance(site.region.scope, ast.Module) and words.isdisjoint(bound[site].values()):
            found[site] = named.pop(site)
    named = _without_those_in_use(file, named, bound)
    if not named:
        return found
    edited = read(replace(file.source, text=apply_spans(file.source.text, list(file.taken))))
    later = {edited.start(site.node): site for site in edited.sites}
    for site, indexes in named.items():
        names = {index: bound[site][index] for index in indexes}
        used = _used_after(file, site, later, frozenset(names.values()))
        if unused := frozenset(index for index, name in names.items() if name not in used):
            found[site] = unused
    return found


def _without_those_in_use(
    file: File, named: Mapping[Site, frozenset[int]], bound: Mapping[Site, Mapping[int, str]]
) -> dict[Site, frozenset[int]]:
    """Leave out the names of the module that code uses which no edit touches: no need to read the edited file."""
    at_top = [site for site in named if isinstance(site.region.scope, ast.Module)]
    asked = {bound[site][index] for site in at_top for index in named[site]}
    used: set[str] = set()
    for node in ast.walk(file.tree) if asked else ():
        if isinstance(node, ast.Name) and node.id in asked and file.is_untouched(node):
            used.add(node.id)
            if used == asked:
                break
    left = {
        site: frozenset(index for index in indexes if site not in at_top or bound[site][index] not in used)
        for site, indexes in named.items()
    }
    return {site: indexes for site, indexes in left.items() if indexes}


def _named(site: Site, drops: Sequence[ImportNeed]) -> frozenset[int]:
    """Return which names of a statement are those that `drops` is about, under whatever name they are bound."""
    return frozenset(
        index for index, alias in enumerate(site.node.names) for need in drops if _is_alias_of(site.node, alias, need)
    )


def _words_beside(file: File, sites: Iterable[Site]) -> frozenset[str]:
    """Return the words of the edited file that stand outside of some statements."""
    gone = ((file.start(site.node), file.end(site.node), "") for site in sites)
    text = apply_spans(file.source.text, sorted((*file.taken, *gone)))
    return frozenset(re.findall(r"\w+", normalize("NFKC", text)))


def _is_alias_of(node: Import, alias: ast.alias, need: ImportNeed) -> bool:
    if isinstance(node, ast.Import):
        return need.name is None and alias.name == need.module
    return not node.level and node.module == need.module and alias.name == need.name


def _used_after(file: File, site: Site, later: Mapping[int, Site], names: frozenset[str]) -> frozenset[str]:
    """Return which of `names` the scope of `site` uses in the edited file."""
    start = file.start(site.node)
    moved = start + sum(len(text) - (end - first) for first, end, text in file.taken if end <= start)
    if moved not in later:
        return names
    used = _used(later[moved].region.scope, names)
    if isinstance(site.region.scope, ast.Module):
        return used
    # A function that never used the name imports it for the sake of importing.
    return used | (names - _used(site.region.scope, names))


def _used(scope: ast.AST, names: frozenset[str]) -> frozenset[str]:
    prose = set()
    found: set[str] = set()
    for node in ast.walk(scope):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            found.update(node.names)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            prose.add(node.value)  # a docstring; it is walked later than its statement
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            words = names.intersection(re.findall(r"\w+", node.value))
            if words and _is_code(node.value):
                found |= words
    return names & found


def _is_code(text: str) -> bool:
    """Tell whether a string can be a forward reference, an entry of `__all__` or a path to a name: no prose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return False
    return all(isinstance(node, _IN_ANNOTATIONS) for node in ast.walk(tree.body))
