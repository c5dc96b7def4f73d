"""Imports that the chosen changes need, and those that they leave unused, as edits of the baseline.

A new name joins the import statement that it belongs to; a new statement takes the place of one that goes, else the
place that isort would give it. Nothing is sorted that was not sorted before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from greenmod.engine.tokens import Span
from greenmod.model import ImportNeed
from greenmod.settle.fresh import alias_text, spans_at_top, spans_inside
from greenmod.settle.homes import Homes, find_homes
from greenmod.settle.lines import removals
from greenmod.settle.names import name_spans
from greenmod.settle.sites import Kind, Site, read
from greenmod.settle.unused import find_unused
from greenmod.source import Source


def import_spans(source: Source, needs: Iterable[ImportNeed], taken: Sequence[Span]) -> list[Span]:
    """Return the edits `taken`, in characters of the baseline's text, with those that satisfy `needs`, in order.

    Raises SyntaxError where the running Python can't parse the file.
    """
    wanted = sorted(set(needs), key=repr)
    adds = [need for need in wanted if need.action == "add"]
    drops = [need for need in wanted if need.action == "drop"]
    file = read(source, taken)
    homes = find_homes(file, adds)
    unused = _with_full_blocks(find_unused(file, drops), homes)
    gone = {site.node for site in unused if _is_whole(site, unused, homes)}
    others = {need.module.partition(".")[0] for need in drops}
    new, replaced = spans_at_top(file, homes.top, gone, others)
    inner, replaced_inside = spans_inside(file, homes.beside, gone)
    spans: list[Span] = []
    for site in {**homes.joined, **unused}:
        if site.node not in gone:
            names = {alias_text(need) for need in homes.joined.get(site, ())}
            spans += name_spans(file, site.node, unused.get(site, ()), names)
    spans += [*new, *inner]  # behind the names: both may stand where the file ends
    removed = gone - replaced - replaced_inside
    busy = (*taken, *spans)
    for block in {id(site.region.block): site.region.block for site in unused if site.node in removed}.values():
        spans += removals(file, block, removed, busy)
    return _in_order(taken, spans)


def _in_order(taken: Sequence[Span], imports: Sequence[Span]) -> list[Span]:
    """Order edits; where both insert at one place, a new line goes above, but the one after a last line below."""
    above = [span for span in imports if span[2].endswith(("\r", "\n"))]
    below = [span for span in imports if not span[2].endswith(("\r", "\n"))]
    return sorted([*above, *sorted(taken), *below], key=lambda span: span[:2])


def _is_whole(site: Site, unused: Mapping[Site, frozenset[int]], homes: Homes) -> bool:
    """Tell whether nothing of a statement is left."""
    return site not in homes.joined and len(unused[site]) == len(site.node.names)


def _with_full_blocks(unused: Mapping[Site, frozenset[int]], homes: Homes) -> dict[Site, frozenset[int]]:
    """Leave those imports where they are whose block would have no statement any more."""
    lost = {site.node for site in unused if _is_whole(site, unused, homes) and site not in homes.beside}
    return {
        site: indexes
        for site, indexes in unused.items()
        if site.region.kind is Kind.TOP or not lost.issuperset(site.region.block)
    }
