"""JUnit XML of a verification."""

from __future__ import annotations

from xml.etree import ElementTree

from greenmod.report.junit import junit_xml
from greenmod.verify import Compared, Outcome, Verification

TESTS = {
    "tests/test_a.py": Compared(Outcome.ERROR, Outcome.GONE, "no longer collected", 0.0),
    "tests/test_a.py::TestIt::test_fixed[a/b]": Compared(Outcome.FAILED, Outcome.PASSED, "", 0.25),
    "tests/test_a.py::test_lost": Compared(Outcome.PASSED, Outcome.GONE, "no longer collected", 0.0),
    "tests/test_a.py::test_new": Compared(Outcome.GONE, Outcome.SKIPPED, "not today\x1b[0m", 0.0),
    "tests/test_a.py::test_slow": Compared(Outcome.PASSED, Outcome.TIMED_OUT, "it took <too> long", 60.0),
}


def test_tells_each_test_before_and_after() -> None:
    assert junit_xml(Verification(tests=TESTS)).decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<testsuites name="greenmod">\n'
        '  <testsuite name="before" tests="4" failures="1" errors="1" skipped="0">\n'
        '    <testcase classname="" name="tests/test_a.py">\n'
        '      <error message="error" />\n'
        "    </testcase>\n"
        '    <testcase classname="tests.test_a.TestIt" name="test_fixed[a/b]">\n'
        '      <failure message="failed" />\n'
        "    </testcase>\n"
        '    <testcase classname="tests.test_a" name="test_lost" />\n'
        '    <testcase classname="tests.test_a" name="test_slow" />\n'
        "  </testsuite>\n"
        '  <testsuite name="after" tests="3" failures="0" errors="1" skipped="1">\n'
        '    <testcase classname="tests.test_a.TestIt" name="test_fixed[a/b]" time="0.250" />\n'
        '    <testcase classname="tests.test_a" name="test_new" time="0.000">\n'
        '      <skipped message="not today?[0m" />\n'
        "    </testcase>\n"
        '    <testcase classname="tests.test_a" name="test_slow" time="60.000">\n'
        '      <error message="it took &lt;too&gt; long" />\n'
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n"
    )


def test_is_a_document_when_there_is_no_test() -> None:
    assert [suite.get("tests") for suite in ElementTree.fromstring(junit_xml(None))] == ["0", "0"]
