"""Where each needed import belongs: in a statement that is there, beside a nested one, or at the top.

What is imported already belongs nowhere.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from greenmod.model import ImportNeed
from greenmod.settle.sites import File, Import, Kind, Site, bound_name


@dataclass(frozen=True, slots=True)
class Homes:
    """Statements that get names, nested ones that get new statements beside them, and what goes to the top."""

    joined: dict[Site, list[ImportNeed]] = field(default_factory=lambda: defaultdict(list))
    beside: dict[Site, list[ImportNeed]] = field(default_factory=lambda: defaultdict(list))
    top: list[ImportNeed] = field(default_factory=list)


def find_homes(file: File, needs: Sequence[ImportNeed]) -> Homes:
    """Return where imports belong."""
    homes = Homes()
    nested: list[tuple[Site, ImportNeed]] = []
    at_top = set()
    for need in needs:
        beside = _beside(file, need)
        same = [site for site in beside if _is_of_module(site.node, need)]
        if not same and beside and beside[0].region.kind is Kind.INNER:
            nested.append((beside[0], need))
            continue
        if not _find_room(file, same or file.top, need, homes):
            homes.top.append(need)
        if not same:
            at_top.add(_identity(need))
    inside = set()
    for site, need in nested:
        block = id(site.anchor[1])
        if _identity(need) in at_top or _is_imported(file.top, need) or (block, _identity(need)) in inside:
            continue
        inside.add((block, _identity(need)))
        if not _find_room(file, _around(file, site), need, homes):
            homes.beside[site].append(need)
    return homes


def _identity(need: ImportNeed) -> tuple[str, str | None, str | None]:
    return need.module, need.name, need.asname


def _beside(file: File, need: ImportNeed) -> list[Site]:
    """Return the statements that bind the name which a need is to stand beside; the one on its line, if one is."""
    found = [site for site in file.sites if any(bound_name(alias) == need.beside for alias in site.node.names)]
    if same := [site for site in found if _is_of_module(site.node, need)]:
        found = same
    return [site for site in found if site.node.lineno == need.line] or found


def _find_room(file: File, sites: Sequence[Site], need: ImportNeed, homes: Homes) -> bool:
    """Tell whether one of the statements imports what is needed already, or let one be joined."""
    if _is_imported(sites, need):
        return True
    for site in sites:
        if _is_of_module(site.node, need) and site.node.names[0].name != "*" and file.is_untouched(site.node):
            homes.joined[site].append(need)
            return True
    return False


def _around(file: File, site: Site) -> list[Site]:
    """Return the imports that stand beside one in its block, itself included, with nothing between."""
    anchor, block = site.anchor
    run: list[ast.stmt] = []
    for statement in block:
        if isinstance(statement, Import):
            run.append(statement)
        elif anchor in run:
            break
        else:
            run = []
    return [site for site in file.sites if site.node in run] if anchor in run else []


def _is_imported(sites: Sequence[Site], need: ImportNeed) -> bool:
    return any(
        alias.asname == need.asname and alias.name == (need.name or need.module)
        for site in sites
        if (isinstance(site.node, ast.Import) if need.name is None else _is_of_module(site.node, need))
        for alias in site.node.names
    )


def _is_of_module(node: Import, need: ImportNeed) -> bool:
    """Tell whether a statement takes names from the module that a name is needed from."""
    return isinstance(node, ast.ImportFrom) and not node.level and node.module == need.module and need.name is not None
