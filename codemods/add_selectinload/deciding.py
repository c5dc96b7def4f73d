"""From the surveys of a repository to the options that its queries get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from greenmod.api import Decision, FilePlan, Project, SkippedSite

from .flows import rows as flows
from .following.evaluating import Evaluator
from .following.repeats import Repeat
from .following.states import Root, Want
from .following.world import World
from .loading.choosing import Chooser
from .loading.composing import Composer
from .loading.naming import Naming
from .loading.traced import trace
from .models.models import Models
from .operations import Operation, as_data


def decide(project: Project, options: Mapping[str, object]) -> Decision:
    """Choose options for the queries whose rows' relationships are read."""
    objects = project.objects()
    models = Models(project, objects)
    bodies = {
        path: flows.from_data(data[1]) for path, data in project.surveys.items() if isinstance(data, list | tuple)
    }
    world = World(project, objects, bodies)
    evaluator = Evaluator(world, models)
    for scope in world.scopes:
        evaluator.run(scope)
    naming = Naming(project, objects, models)
    chooser, composer = Chooser(models, naming), Composer(models, naming, str(options["many-to-one"]))
    operations: dict[str, list[Operation]] = defaultdict(list)
    skips: list[SkippedSite] = []
    traced = trace(project.evidence.loads, evaluator.roots)
    wanted = _by_root((*evaluator.reads.wants, *traced.wants))
    for root, wants in wanted.items():
        paths, left = chooser.choose(wants)
        found = composer.compose(root, paths, is_joinable=root not in evaluator.unjoinable) if paths else None
        if isinstance(found, Operation):
            operations[root.path].append(found)
        elif found is not None:
            left = (found,)
        skips += [SkippedSite(root.path, root.start[0], each.rule, each.reason) for each in left]
        if not paths and not left and options["every-query"]:
            skips.append(SkippedSite(root.path, root.start[0], "all-loaded", chooser.loaded(wants)))
    if options["every-query"]:
        rest = [root for root in evaluator.roots if root not in wanted]
        skips += [
            SkippedSite(root.path, root.start[0], "not-read", said) for root in rest if (said := chooser.unread(root))
        ]
        skips += [SkippedSite(each.path, each.line, each.rule, each.reason) for each in sorted(evaluator.aside)]
    repeated = {(repeat.path, repeat.line): repeat for repeat in reversed(evaluator.repeats)}
    skips += map(_repeated, repeated.values())
    seen = {(skip.path, skip.line) for skip in traced.skips}
    skips += [_created(*place, lacks) for place, lacks in evaluator.reads.lacks.items() if place not in seen]
    files = {
        path: FilePlan(tuple(sorted({each.at[0] for each in found})), as_data(found))
        for path, found in operations.items()
    }
    return Decision(files, tuple(dict.fromkeys((*skips, *traced.skips))))


def _repeated(repeat: Repeat) -> SkippedSite:
    rows = f"the query at {repeat.root.path}:{repeat.root.start[0]}"
    reason = f"it is asked once for each row of {rows}, which no option mends: ask once for all of them (`.in_(…)`)"
    return SkippedSite(repeat.path, repeat.line, "query-in-loop", reason)


def _created(path: str, line: int, lacks: Mapping[str, str]) -> SkippedSite:
    names, where = ", ".join(f'"{name}"' for name in lacks), next(iter(lacks.values()))
    reason = f"the object is made here, so no query loads what is read of it at {where} once it is written"
    return SkippedSite(path, line, "created-object", f"{reason}: `refresh(…, attribute_names=[{names}])` would")


def _by_root(wants: Iterable[Want]) -> Mapping[Root, list[Want]]:
    """Return the wants that count, by query: in async code any, else those of one of several rows."""
    found: dict[Root, list[Want]] = defaultdict(list)
    for want in wants:
        if want.is_async or want.is_many:
            found[want.root].append(want)
    return found
