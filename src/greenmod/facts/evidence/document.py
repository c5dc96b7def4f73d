"""Evidence as JSON: in a report, in a file of its own, and in what the pytest plugin says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from greenmod.facts.evidence.observation import Evidence, Frame, Observation, Origin, Phase

_VERSION = 1


def as_data(evidence: Evidence) -> dict[str, object]:
    """Return what `from_data` reads."""
    return {
        "version": _VERSION,
        "observations": [_observation_data(one) for one in evidence.observations],
        "files": dict(sorted(evidence.files.items())),
    }


def from_data(data: object) -> Evidence:
    """Read what `as_data` gives. Raises ValueError, in words for people, for anything else."""
    match data:
        case {"version": int(version)} if version != _VERSION:
            raise ValueError(f"its version is {version}, and this greenmod reads version {_VERSION}")
        case {"observations": [*observations], "files": dict(files)}:
            try:
                found = tuple(read_observation(cast("Mapping[str, Any]", one)) for one in observations)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"an observation can't be read: {type(error).__name__}: {error}") from error
            return Evidence(found, {str(path): str(digest) for path, digest in files.items()})
    raise ValueError("it has no `observations` and `files`")


def read_observation(data: Mapping[str, Any]) -> Observation:
    """Read one observation. Raises KeyError, TypeError or ValueError."""
    return Observation(
        test=str(data["test"]),
        phase=Phase(data["phase"]),
        type=str(data["type"]),
        message=str(data["message"]),
        frames=tuple(_frame(frame) for frame in data["frames"]),
        origin=Origin(data["origin"]),
        warnings=tuple(map(str, data.get("warnings", ()))),
        round=int(data.get("round", 0)),
    )


def _frame(data: Mapping[str, Any]) -> Frame:
    numbers = {name: data.get(name) for name in ("column", "end_line", "end_column")}
    if not all(value is None or isinstance(value, int) for value in numbers.values()):
        raise ValueError(f"a frame has no numbers for columns: {data!r}")
    return Frame(str(data["path"]), int(data["line"]), str(data["function"]), **numbers, text=str(data.get("text", "")))


def _observation_data(one: Observation) -> dict[str, object]:
    data = asdict(one)
    return {**data, "phase": one.phase.value, "origin": one.origin.value}
