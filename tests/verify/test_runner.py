"""One run of real tests: how it ends, and what the project's own settings can't change about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from greenmod.verify.outcomes import Ending, Outcome, Run, Sign
from greenmod.verify.runner import Runner
from greenmod.verify.sandbox import open_sandbox
from greenmod.verify.verification import Suite

Open = Callable[..., Runner]


@pytest.fixture
def open_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    for name in ("PYTEST_ADDOPTS", "PYTHONPATH", "VIRTUAL_ENV", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:

        def open_runner(files: Mapping[str, str], *arguments: str, plugins: bool = False) -> Runner:
            if not plugins:
                monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            for path, text in files.items():
                (tmp_path / path).write_text(text)
            suite = Suite(tmp_path, python=Path(sys.executable), pytest_args=arguments)
            return Runner(suite, stack.enter_context(open_sandbox(tmp_path)))

        yield open_runner


def outcomes(run: Run) -> list[tuple[str, str]]:
    return [(sign.test, result.outcome.value) for sign, result in run.record.results.items()]


OUTCOMES = """\
import pytest
@pytest.fixture
def broken(): raise RuntimeError("no database")
def test_passed(): pass
def test_failed(): assert 1 == 2
def test_error(broken): pass
@pytest.mark.skip(reason="not today")
def test_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_xfailed(): assert 0
@pytest.mark.xfail
def test_xpassed(): pass
@pytest.mark.xfail(strict=True)
def test_strict(): pass
@pytest.mark.parametrize("text", ["ä\\n", "::"])
def test_many(text): pass
"""


def test_tells_each_outcome_with_its_message(open_runner: Open) -> None:
    run = open_runner({"test_a.py": OUTCOMES, "test_b.py": "1 +\n"}).run({})
    assert run.ending is Ending.FINISHED
    assert outcomes(run) == [
        ("test_b.py", "error"),
        ("test_a.py::test_passed", "passed"),
        ("test_a.py::test_failed", "failed"),
        ("test_a.py::test_error", "error"),
        ("test_a.py::test_skipped", "skipped"),
        ("test_a.py::test_xfailed", "xfailed"),
        ("test_a.py::test_xpassed", "xpassed"),
        ("test_a.py::test_strict", "failed"),
        ("test_a.py::test_many[\\xe4\\n]", "passed"),
        ("test_a.py::test_many[::]", "passed"),
    ]
    said = {sign.test.rpartition(":")[2]: result.message for sign, result in run.record.results.items()}
    assert said["test_failed"] == "assert 1 == 2"
    assert said["test_error"] == "RuntimeError: no database"
    assert said["test_skipped"] == "Skipped: not today"
    assert said["test_xfailed"] == "known"
    assert said["test_b.py"].endswith("SyntaxError: invalid syntax")


def test_runs_only_what_is_asked_for(open_runner: Open) -> None:
    run = open_runner({"test_a.py": OUTCOMES, "test_b.py": "1 +\n"}).run({}, {"test_a.py::test_passed"})
    assert outcomes(run) == [("test_b.py", "error"), ("test_a.py::test_passed", "passed")]


def test_runs_files_as_they_are_given(open_runner: Open) -> None:
    runner = open_runner({"test_a.py": "def test_a(): pass\n"})
    given = {"test_a.py": b"def test_a(): assert 0\n", "test_new.py": b"def test_b(): pass\n"}
    assert outcomes(runner.run(given)) == [("test_a.py::test_a", "failed"), ("test_new.py::test_b", "passed")]
    assert outcomes(runner.run({})) == [("test_a.py::test_a", "passed")]


def test_stops_what_takes_too_long(open_runner: Open) -> None:
    runner = open_runner({"test_a.py": "import time\ndef test_a(): time.sleep(600)\n"})
    runner.limit = 1.0
    run = runner.run({})
    assert run.ending is Ending.TIMED_OUT
    assert run.result(Sign("test_a.py::test_a")).outcome is Outcome.UNKNOWN


def test_keeps_what_was_known_before_a_crash(open_runner: Open) -> None:
    run = open_runner({"test_a.py": "import os\ndef test_a(): pass\ndef test_b(): os.abort()\n"}).run({})
    assert run.ending is Ending.CRASHED
    assert outcomes(run) == [("test_a.py::test_a", "passed")]
    assert run.record.running == ("test_a.py::test_b",)


def test_calls_a_run_interrupted_when_a_test_stops_it(open_runner: Open) -> None:
    run = open_runner({"test_a.py": "import pytest\ndef test_a(): pytest.exit('enough')\n"}).run({})
    assert run.ending is Ending.INTERRUPTED


def test_shows_no_path_of_the_sandbox(open_runner: Open) -> None:
    run = open_runner({"test_a.py": "import os\ndef test_a(): assert not __file__, os.getcwd()\n"}).run({})
    message = run.record.results[Sign("test_a.py::test_a")].message
    assert message.splitlines() == ["AssertionError: .", "assert not 'test_a.py'"]


def test_names_the_test_whose_coroutine_lies_in_a_cycle(open_runner: Open) -> None:
    cycle = "async def f(): pass\ndef test_a():\n    cycle = [f()]\n    cycle.append(cycle)\ndef test_b(): pass\n"
    run = open_runner({"test_a.py": cycle}).run({})
    assert Sign("test_a.py::test_a", "f") in run.record.results


SETTINGS = """\
[pytest]
addopts = --exitfirst --failed-first --numprocesses=2 --randomly-seed=7 --strict-config
cache_dir = .cache
"""


def test_goes_its_own_way_about_order_processes_and_early_ends(open_runner: Open) -> None:
    tests = "".join(
        f"def test_{number}(worker_id): assert worker_id == 'master' and {number} != 1\n" for number in range(9)
    )
    runner = open_runner({"pytest.ini": SETTINGS, "test_a.py": tests}, plugins=True)
    expected = [(f"test_a.py::test_{number}", "failed" if number == 1 else "passed") for number in range(9)]
    assert outcomes(runner.run({})) == expected


def test_uses_several_processes_when_they_are_asked_for_and_notes_when_one_dies(open_runner: Open) -> None:
    tests = "import os\nasync def f(): pass\ndef test_a(worker_id): assert worker_id == 'gw0'\ndef test_b(): f()\n"
    run = open_runner(
        {"test_a.py": f"{tests}def test_c(): os._exit(1)\n"}, "-n", "1", "--max-worker-restart=0", plugins=True
    ).run({})
    assert run.record.results[Sign("test_a.py::test_a")].outcome is Outcome.PASSED
    assert Sign("test_a.py::test_b", "f") in run.record.results
    assert run.ending is Ending.CRASHED
