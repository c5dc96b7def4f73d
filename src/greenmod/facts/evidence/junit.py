"""JUnit XML as pytest writes it (`--junit-xml`), with any `--tb`, `junit_family` and `junit_logging`, as evidence.

Nothing here reads the file system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from greenmod.facts.evidence.observation import Evidence, Observation, Origin, Phase
from greenmod.facts.evidence.places import Places
from greenmod.facts.evidence.tracebacks import Told, read_exception, read_output, read_traceback

_FAILED = ("failure", "error")
# How the message of an `<error>` begins.
_PHASES = {
    "failed on setup with": Phase.SETUP,
    "failed on teardown with": Phase.TEARDOWN,
    "collection failure": Phase.COLLECT,
}
_UNAWAITED = re.compile(r"coroutine '[^']+' was never awaited")


@dataclass(frozen=True, slots=True)
class _Test:
    """A test that failed; `warnings` are those of its coroutines."""

    id: str
    warnings: tuple[str, ...]

    def observation(self, phase: Phase, told: Told) -> Observation:
        return Observation(self.id, phase, told.type, told.message, told.frames, told.origin, self.warnings)


def read_junit(document: bytes, places: Places) -> Evidence:
    """Return what the failing tests of a report say. Raises ValueError, in words for people, for anything else."""
    try:
        root = ElementTree.fromstring(document)
    except ElementTree.ParseError as error:
        raise ValueError(f"it is not well-formed XML: {error}") from error
    if root.tag not in ("testsuites", "testsuite"):
        raise ValueError(f"it is XML, but no JUnit report: its root is <{root.tag}>")
    if root.get("name") == "greenmod":
        raise ValueError("it is greenmod's own JUnit XML, which shows no tracebacks")
    observations = (one for case in root.iter("testcase") for one in _case(case, places))
    return Evidence(tuple(dict.fromkeys(observations)))


def _case(case: ElementTree.Element, places: Places) -> Iterator[Observation]:
    failures = [element for element in case if element.tag in _FAILED]
    if not failures:
        return
    captured = [element.text or "" for element in case if element.tag in ("system-out", "system-err")]
    test = _Test(_id(case, places), tuple(dict.fromkeys(_UNAWAITED.findall("\n".join(captured)))))
    for element in failures:
        phase = next((p for start, p in _PHASES.items() if element.get("message", "").startswith(start)), Phase.CALL)
        for told in _told(element, phase, places):
            yield test.observation(phase, told)
    for text in captured:
        for told in read_output(text, places.find):
            yield test.observation(Phase.CALL, told)


def _told(element: ElementTree.Element, phase: Phase, places: Places) -> tuple[Told, ...]:
    """Return the exceptions of one failure, the one that was raised first; `--tb=no` leaves its message alone."""
    found = read_traceback(element.text or "", places.find)
    message = element.get("message", "")
    if phase in (Phase.SETUP, Phase.TEARDOWN):
        message = message.partition('"')[2].removesuffix('"')
    if not any(told.origin is Origin.RAISED for told in found) and message and phase is not Phase.COLLECT:
        found = (Told(*read_exception(message), (), Origin.RAISED), *found)
    return tuple(sorted(found, key=lambda told: told.origin is not Origin.RAISED))


def _id(case: ElementTree.Element, places: Places) -> str:
    """Return pytest's id of a test: of its class name the first parts are the file."""
    parts, name = case.get("classname", "").split("."), case.get("name", "")
    if not any(parts):  # a file that can't be collected
        parts, name = name.split("."), ""
    for end in range(len(parts), 0, -1):
        path = places.find("/".join(parts[:end]) + ".py")
        if path is not None:
            return "::".join((path, *parts[end:], *filter(None, (name,))))
    return "::".join((*parts, *filter(None, (name,))))
