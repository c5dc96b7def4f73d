"""What the analysis found, component by component."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..following.clients import Annotation
from ..following.world import Place
from ..judging.components import Analysis
from ..judging.coroutines import TestCase
from ..judging.uses import Awaited, Entered
from ..operations import At


@dataclass(slots=True)
class Work:
    """What the analysis found for one component."""

    entered: list[Entered] = field(default_factory=list)
    awaited: list[Awaited] = field(default_factory=list)
    listed: list[Awaited] = field(default_factory=list)
    raising: list[Awaited] = field(default_factory=list)
    delegated: list[Awaited] = field(default_factory=list)
    replaced: list[tuple[str, At, str]] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    cases: list[TestCase] = field(default_factory=list)
    functions: list[Place] = field(default_factory=list)


def gather(analysis: Analysis) -> Mapping[Place, Work]:
    """What is to be written for each component, by the root of its places."""
    found: dict[Place, Work] = defaultdict(Work)
    root = analysis.clients.links.root
    uses, coroutines = analysis.uses, analysis.coroutines
    for entered, place in uses.entered.items():
        found[root(place)].entered.append(entered)
    for awaited, place in uses.awaited.items():
        found[root(place)].awaited.append(awaited)
    for listed, place in uses.listed.items():
        found[root(place)].listed.append(listed)
    for raising, place in uses.raising.items():
        found[root(place)].raising.append(raising)
    for delegated, place in coroutines.delegated.items():
        found[root(place)].delegated.append(delegated)
    for (path, at), (place, text) in uses.renamed.items():
        found[root(place)].replaced.append((path, at, text))
    for annotation in analysis.clients.annotations:
        found[root(annotation.place)].annotations.append(annotation)
    for case, place in coroutines.cases.items():
        found[root(place)].cases.append(case)
    for place in coroutines.functions:
        found[root(place)].functions.append(place)
    return found
