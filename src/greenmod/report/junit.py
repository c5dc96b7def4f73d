"""A verification as JUnit XML: the suite `before` and the suite `after`, each with the outcome of every test.

Elements and attributes are those that pytest's `--junit-xml` writes, which CI servers read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

if TYPE_CHECKING:
    from greenmod.verify import Verification

# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ELEMENTS = {
    "failed": "failure",
    "error": "error",
    "timed out": "error",
    "crashed": "error",
    "skipped": "skipped",
    "xfailed": "skipped",
}
_ABSENT = ("gone", "unknown")


def junit_xml(found: Verification | None) -> bytes:
    """Return the document. A test that one side lacks is not in that suite; where nothing was verified, none is."""
    tests = found.tests if found else {}
    root = ElementTree.Element("testsuites", name="greenmod")
    _add_suite(root, "before", {test: _Result(tested.before.value) for test, tested in tests.items()})
    after = {test: _Result(tested.after.value, tested.message, tested.seconds) for test, tested in tests.items()}
    _add_suite(root, "after", after)
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


@dataclass(frozen=True, slots=True)
class _Result:
    """One side of a test."""

    outcome: str
    message: str = ""
    seconds: float | None = None

    @property
    def element(self) -> str:
        return _ELEMENTS.get(self.outcome, "")


def _add_suite(root: ElementTree.Element, name: str, tests: Mapping[str, _Result]) -> None:
    there = {test: result for test, result in tests.items() if result.outcome not in _ABSENT}
    elements = Counter(result.element for result in there.values())
    counts = {"failures": elements["failure"], "errors": elements["error"], "skipped": elements["skipped"]}
    numbers = {key: str(number) for key, number in {"tests": len(there), **counts}.items()}
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **numbers})
    for test, result in there.items():
        place, _, called = test.rpartition("::")
        case = ElementTree.SubElement(suite, "testcase", classname=_clean(_dotted(place)), name=_clean(called))
        if result.seconds is not None:
            case.set("time", f"{result.seconds:.3f}")
        if result.element:
            ElementTree.SubElement(case, result.element, message=_clean(result.message or result.outcome))


def _dotted(place: str) -> str:
    return place.replace(".py", "").replace("/", ".").replace("::", ".")


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("?", text)
