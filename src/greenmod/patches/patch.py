"""A diff as a plan: what each file was, and the Changes that make of it what the diff says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from greenmod import apply
from greenmod.model import ChangeSet


@dataclass(frozen=True, slots=True)
class Patch:
    """`baselines` are the files before the diff, None where there is none.

    `modes` are permission bits for files that the diff makes or, taken back, brings back; only unusual ones.
    """

    plan: ChangeSet
    baselines: Mapping[str, bytes | None]
    modes: Mapping[str, int] = field(default_factory=dict)

    def render(self, ids: Iterable[str]) -> dict[str, bytes | None]:
        """Return every file of the diff with the changes `ids`: with none of them, as it was before."""
        return {**self.baselines, **apply.render(self.plan, ids, self.baselines).after}
