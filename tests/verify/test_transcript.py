"""Folding the plugin's lines into what became of each test."""

from __future__ import annotations

import json

import pytest

from greenmod.verify.outcomes import Foreign, Outcome, Result, Sign
from greenmod.verify.transcript import read


def phase(when: str, outcome: str, *, test: str = "t.py::test", xfail: str = "no", message: str = "") -> str:
    line = {"event": "phase", "id": test, "when": when, "outcome": outcome, "xfail": xfail, "message": message}
    return json.dumps({**line, "seconds": 0.25}) + "\n"


SETUP = phase("setup", "passed")
TEARDOWN = phase("teardown", "passed")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([SETUP, phase("call", "passed"), TEARDOWN], Outcome.PASSED),
        ([SETUP, phase("call", "failed"), TEARDOWN], Outcome.FAILED),
        ([phase("setup", "failed"), TEARDOWN], Outcome.ERROR),
        ([SETUP, phase("call", "passed"), phase("teardown", "failed")], Outcome.ERROR),
        ([SETUP, phase("call", "failed"), phase("teardown", "failed")], Outcome.FAILED),
        ([phase("setup", "skipped"), TEARDOWN], Outcome.SKIPPED),
        ([SETUP, phase("call", "skipped"), TEARDOWN], Outcome.SKIPPED),
        ([SETUP, phase("call", "skipped", xfail="yes"), TEARDOWN], Outcome.XFAILED),
        ([phase("setup", "skipped", xfail="yes"), TEARDOWN], Outcome.XFAILED),
        ([SETUP, phase("call", "passed", xfail="yes"), TEARDOWN], Outcome.XPASSED),
        # A failed subtest has its test's id and comes before it.
        ([SETUP, phase("call", "failed"), phase("call", "passed"), TEARDOWN], Outcome.FAILED),
        # A plugin that runs a failed test again says so, and then tells all phases anew.
        ([SETUP, phase("call", "rerun"), TEARDOWN, SETUP, phase("call", "passed"), TEARDOWN], Outcome.PASSED),
        ([phase("setup", "rerun"), TEARDOWN, SETUP, phase("call", "failed"), TEARDOWN], Outcome.FAILED),
    ],
)
def test_folds_phases_into_one_outcome(lines: list[str], outcome: Outcome) -> None:
    assert read(lines).results[Sign("t.py::test")].outcome is outcome


def test_adds_up_what_the_phases_of_a_test_took() -> None:
    assert read([SETUP, phase("call", "passed"), TEARDOWN]).seconds == {"t.py::test": 0.75}


def test_reads_what_the_runner_says_of_a_test_that_it_stopped() -> None:
    begin = '{"event": "begin", "id": "t.py::test"}\n'
    stopped = '{"event": "stopped", "id": "t.py::test", "outcome": "timed out", "message": "too long"}\n'
    record = read([begin, SETUP, stopped])
    assert record.results == {Sign("t.py::test"): Result(Outcome.TIMED_OUT, "too long")}
    assert record.running == ()


def test_keeps_the_message_of_the_outcome_that_counts() -> None:
    record = read([SETUP, phase("call", "failed", message="first"), phase("teardown", "failed", message="second")])
    assert record.results == {Sign("t.py::test"): Result(Outcome.FAILED, "first")}


def test_names_the_test_that_was_running_when_lines_end() -> None:
    begin = '{"event": "begin", "id": "%s"}\n'
    record = read([begin % "t.py::test", SETUP, phase("call", "passed"), TEARDOWN, begin % "t.py::next"])
    assert record.running == ("t.py::next",)
    assert record.status is None


def test_leaves_out_a_line_that_was_cut_short() -> None:
    assert read([SETUP, phase("call", "passed"), '{"event": "ph']).results == {
        Sign("t.py::test"): Result(Outcome.PASSED)
    }


def test_reads_files_that_cannot_be_collected() -> None:
    record = read(['{"event": "collect", "id": "t.py", "outcome": "failed", "message": "ImportError: x"}\n'])
    assert record.results == {Sign("t.py"): Result(Outcome.ERROR, "ImportError: x")}


def test_reads_files_that_skip_themselves() -> None:
    record = read(['{"event": "collect", "id": "t.py", "outcome": "skipped", "message": "no redis"}\n'])
    assert record.results == {Sign("t.py"): Result(Outcome.SKIPPED, "no redis")}


def test_reads_a_coroutine_as_a_sign_of_its_own() -> None:
    unawaited = '{"event": "unawaited", "id": "t.py::test", "coroutine": "Client.get"}\n'
    record = read([SETUP, phase("call", "passed"), unawaited])
    assert record.results == {
        Sign("t.py::test"): Result(Outcome.PASSED),
        Sign("t.py::test", "Client.get"): Result(Outcome.UNAWAITED, "coroutine 'Client.get' was never awaited"),
    }


def test_keeps_a_coroutine_that_belongs_to_no_test() -> None:
    record = read(['{"event": "unawaited", "id": "", "coroutine": "f"}\n'])
    assert list(record.results) == [Sign("(outside of the tests)", "f")]


def test_notes_that_a_worker_process_died() -> None:
    assert read([phase("???", "failed")]).lost_worker


def test_reads_the_end_of_the_session_and_foreign_modules() -> None:
    foreign = '{"event": "foreign", "module": "app", "file": "/env/app.py", "original": "/shop/app.py"}\n'
    record = read([foreign, '{"event": "finish", "status": 2}\n'])
    assert record.foreign == {"app": Foreign("/env/app.py", "/shop/app.py")}
    assert record.status == 2
