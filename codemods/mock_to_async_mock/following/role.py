"""One role: what a mock stands for, and what its attributes, and calls of it, stand for then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from greenmod.api import Objects, Thing, What

from .values import CALLED, Place
from .views import View, held_by


class Role(NamedTuple):
    """What a mock stands for: the real thing, as far as it is known, and how production code holds it.

    `because` says in words how the mock came to it. `is_spec`: the mock only resembles it; `is_target`: a patch names
    it, `name` is what it names in something unknown; `is_one_of_several`: an annotation says that it is this or
    something else; `is_argument`: it fills a parameter; `has_known_owner`: it is an attribute of something known.
    """

    thing: Thing | None
    view: View | None
    because: str
    is_spec: bool = False
    is_target: bool = False
    is_one_of_several: bool = False
    is_argument: bool = False
    has_known_owner: bool = False
    name: str = ""


#: What says what a place of a mock stands for.
RolesOf = Callable[[Place], tuple[Role, ...]]


def further(objects: Objects, role: Role, step: str) -> Role:
    """Return the role of an attribute, or of what a call gives."""
    thing = role.thing
    if thing is not None:
        thing = objects.returned(thing) if step == CALLED else objects.member(thing, step)
    view = role.view.at(step) if role.view is not None else None
    if step.startswith("="):  # one of the attributes that `patch.multiple` replaces
        owner = role.thing
        thing = objects.member(owner, step[1:]) if owner is not None else None
        view = held_by(owner, step[1:]) if owner is not None else None
        return Role(thing, view, role.because, is_target=True)
    return Role(
        thing,
        view,
        role.because,
        role.is_spec,
        is_one_of_several=role.is_one_of_several,
        has_known_owner=is_known(role.thing),
    )


def is_known(thing: Thing | None) -> bool:
    """Tell whether it is known what something is."""
    return thing is not None and thing.what is not What.UNKNOWN


def alternatives(role: Role) -> Iterator[Role]:
    """Yield what a role may be: of a union each member."""
    among = role.thing.arguments if role.thing is not None and role.thing.what is What.UNKNOWN else ()
    yield from (role._replace(thing=thing, is_one_of_several=True) for thing in among)
    if not among:
        yield role
