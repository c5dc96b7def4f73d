"""Evidence as JSON: in a report, in a file of its own, and in what the pytest plugin says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from greenmod.facts.evidence.loads import Hop, LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Evidence, Frame, Observation, Origin, Phase

_VERSION = 1


def as_data(evidence: Evidence) -> dict[str, object]:
    """Return what `from_data` reads."""
    return {
        "version": _VERSION,
        "observations": [_observation_data(one) for one in evidence.observations],
        "files": dict(sorted(evidence.files.items())),
        "loads": [asdict(one) for one in evidence.loads],
    }


def from_data(data: object) -> Evidence:
    """Read what `as_data` gives. Raises ValueError, in words for people, for anything else."""
    match data:
        case {"version": int(version)} if version != _VERSION:
            raise ValueError(f"its version is {version}, and this greenmod reads version {_VERSION}")
        case {"observations": [*observations], "files": dict(files), **rest}:
            try:
                found = tuple(read_observation(cast("Mapping[str, Any]", one)) for one in observations)
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"an observation can't be read: {type(error).__name__}: {error}") from error
            try:  # documents from before they were traced have none
                loads = tuple(map(_load, cast("list[Mapping[str, Any]]", rest.get("loads", []))))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"a lazy load can't be read: {type(error).__name__}: {error}") from error
            return Evidence(found, {str(path): str(digest) for path, digest in files.items()}, loads)
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


def _load(data: Mapping[str, Any]) -> LazyLoad:
    return LazyLoad(
        test=str(data["test"]),
        hops=tuple(_hop(hop) for hop in data["hops"]),
        query=None if data["query"] is None else _query(data["query"]),
        access=None if data["access"] is None else _frame(data["access"]),
        count=int(data["count"]),
        parents=int(data["parents"]),
        failure=str(data["failure"]),
        birth=None if data["birth"] is None else _frame(data["birth"]),
        is_column=bool(data["is_column"]),
        round=int(data.get("round", 0)),
    )


def _query(data: Mapping[str, Any]) -> QuerySite:
    frame = _frame(data)
    via = data.get("via")
    return QuerySite(
        path=frame.path,
        line=frame.line,
        column=frame.column,
        end_line=frame.end_line,
        end_column=frame.end_column,
        kind=str(data["kind"]),
        entity=str(data["entity"]),
        function=frame.function,
        via=None if via is None else _frame(via),
    )


def _hop(data: Mapping[str, Any]) -> Hop:
    entity, attribute = str(data["entity"]), str(data["attribute"])
    return Hop(entity, attribute, str(data["declared_in"]), str(data["target"]), bool(data["is_collection"]))


def _observation_data(one: Observation) -> dict[str, object]:
    data = asdict(one)
    return {**data, "phase": one.phase.value, "origin": one.origin.value}
