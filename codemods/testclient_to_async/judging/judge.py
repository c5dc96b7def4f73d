"""Every use of every client, judged."""

from __future__ import annotations

from ..following.clients import Clients
from ..following.world import Occurrence
from .inflows import Inflows
from .requests import Requests
from .uses import Uses
from .values import Values


def judge(clients: Clients) -> Uses:
    """Return what is done with clients, and block those with which something else is done."""
    uses = Uses(clients)
    requests, values, inflows = Requests(uses), Values(uses), Inflows(clients)
    for place in sorted(clients.held):
        if place.kind == "call":
            call = clients.world.call(place.path, int(place.name))
            if place in clients.constructors:
                values.made(place, call)
            values.judge(place, Occurrence(place.path, call.expr, ""))
        for occurrence in clients.world.occurrences.get(place, ()):
            if occurrence.rest:
                requests.judge(place, occurrence)
            elif place.kind == "function":
                values.maker(place, occurrence)
            elif occurrence.is_called:
                uses.block(place, occurrence, "called", what=f"`{occurrence.expr.chain}`")
            else:
                values.judge(place, occurrence)
        inflows.check(place)
    return uses
