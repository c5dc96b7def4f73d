"""One run of real tests: how it ends, and what the project's own settings can't change about it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from greenmod.verify.outcomes import Ending, Outcome, Run, Sign
from greenmod.verify.runner import Asked, Runner
from greenmod.verify.sandbox import Files, open_sandbox
from greenmod.verify.verification import Suite
from greenmod.verify.warm import is_possible

Open = Callable[..., Runner]
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")
needs_fork = pytest.mark.skipif(not is_possible(), reason="forks")


@pytest.fixture
def open_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    for name in ("PYTEST_ADDOPTS", "PYTHONPATH", "VIRTUAL_ENV", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        monkeypatch.delenv(name, raising=False)
    with ExitStack() as stack:

        def open_runner(files: Mapping[str, str], *arguments: str, plugins: bool = False, **more: Any) -> Runner:
            if not plugins:
                monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            for path, text in files.items():
                (tmp_path / path).write_text(text)
            suite = Suite(tmp_path, python=Path(sys.executable), pytest_args=arguments, **more)
            sandbox = stack.enter_context(open_sandbox(tmp_path))
            return stack.enter_context(closing(Runner(suite, sandbox, (), Listener())))

        yield open_runner


class Listener:
    """An audience that keeps what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def begin(self, stage: str, total: int | None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass


def run_tests(runner: Runner, files: Files | None = None, only: Collection[str] | None = None, **how: Any) -> Run:
    return runner.run(Asked(files or {}, None if only is None else frozenset(only), **how)).read()


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
    run = run_tests(open_runner({"test_a.py": OUTCOMES, "test_b.py": "1 +\n"}))
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
    run = run_tests(open_runner({"test_a.py": OUTCOMES, "test_b.py": "1 +\n"}), only={"test_a.py::test_passed"})
    assert outcomes(run) == [("test_a.py::test_passed", "passed")]  # and no other file is imported


def test_runs_files_as_they_are_given(open_runner: Open) -> None:
    runner = open_runner({"test_a.py": "def test_a(): pass\n"})
    given = {"test_a.py": b"def test_a(): assert 0\n", "test_new.py": b"def test_b(): pass\n"}
    assert outcomes(run_tests(runner, given)) == [("test_a.py::test_a", "failed"), ("test_new.py::test_b", "passed")]
    assert outcomes(run_tests(runner)) == [("test_a.py::test_a", "passed")]


WRITES = """\
from pathlib import Path
def test_new(): Path("test.db").touch(exist_ok=False)
def test_changed():
    data = Path("data.txt")
    assert data.read_text() == "old"
    data.write_text("new")
"""


def test_starts_each_run_from_the_same_tree(open_runner: Open) -> None:
    runner = open_runner({"test_a.py": WRITES, "data.txt": "old"})
    assert [outcomes(run_tests(runner)) for _ in range(2)] == [
        [("test_a.py::test_new", "passed"), ("test_a.py::test_changed", "passed")]
    ] * 2


def test_leaves_behind_what_takes_too_long_and_runs_the_rest(open_runner: Open) -> None:
    tests = "import time\ndef test_a(): pass\ndef test_b(): time.sleep(600)\ndef test_c(): pass\n"
    run = run_tests(open_runner({"test_a.py": tests}, test_timeout=1.0))
    assert run.ending is Ending.FINISHED
    assert outcomes(run) == [
        ("test_a.py::test_a", "passed"),
        ("test_a.py::test_b", "timed out"),
        ("test_a.py::test_c", "passed"),
    ]


def test_gives_a_run_up_in_which_test_after_test_hangs(open_runner: Open) -> None:
    tests = "import time, pytest\n@pytest.mark.parametrize('n', range(5))\ndef test_a(n): time.sleep(600)\n"
    run = run_tests(open_runner({"test_a.py": tests}, test_timeout=0.5))
    assert run.ending is Ending.TIMED_OUT
    assert run.result(Sign("test_a.py::test_a[4]")).outcome is Outcome.UNKNOWN


def test_gives_a_run_up_in_which_nothing_happens(open_runner: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    # On a busy machine pytest takes its time to begin, and to say where it was interrupted.
    monkeypatch.setattr("greenmod.verify.runner._FIRST_LIMIT", 4.0)
    monkeypatch.setattr("greenmod.verify.process.GRACE", 10.0)
    run = run_tests(open_runner({"test_a.py": "import time\ntime.sleep(600)\ndef test_a(): pass\n"}))
    assert run.ending is Ending.TIMED_OUT
    assert "test_a.py:2: KeyboardInterrupt" in run.output


def test_gives_a_run_up_sooner_when_it_is_known_how_long_nothing_happens(
    open_runner: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("greenmod.verify.runner._LEAST_LIMIT", 1.0)
    runner = open_runner({"test_a.py": "def test_a(): pass\n"})
    runner.usual = run_tests(runner).record.seconds
    run = run_tests(runner, {"test_a.py": b"import time\ntime.sleep(600)\ndef test_a(): pass\n"})
    assert run.ending is Ending.TIMED_OUT


def test_leaves_behind_what_crashes_and_runs_the_rest(open_runner: Open) -> None:
    tests = "import os\ndef test_a(): pass\ndef test_b(): os.abort()\ndef test_c(): pass\n"
    run = run_tests(open_runner({"test_a.py": tests}))
    assert run.ending is Ending.FINISHED
    assert outcomes(run) == [
        ("test_a.py::test_a", "passed"),
        ("test_a.py::test_b", "crashed"),
        ("test_a.py::test_c", "passed"),
    ]


def test_calls_a_run_crashed_when_no_test_is_to_blame(open_runner: Open) -> None:
    run = run_tests(open_runner({"test_a.py": "import os\nos.abort()\ndef test_a(): pass\n"}))
    assert run.ending is Ending.CRASHED


def test_calls_a_run_interrupted_when_a_test_stops_it(open_runner: Open) -> None:
    run = run_tests(open_runner({"test_a.py": "import pytest\ndef test_a(): pytest.exit('enough')\n"}))
    assert run.ending is Ending.INTERRUPTED


def test_shows_no_path_of_the_sandbox(open_runner: Open) -> None:
    run = run_tests(open_runner({"test_a.py": "import os\ndef test_a(): assert not __file__, os.getcwd()\n"}))
    message = run.record.results[Sign("test_a.py::test_a")].message
    assert message.splitlines() == ["AssertionError: .", "assert not 'test_a.py'"]


def test_names_the_test_whose_coroutine_lies_in_a_cycle(open_runner: Open) -> None:
    cycle = "async def f(): pass\ndef test_a():\n    cycle = [f()]\n    cycle.append(cycle)\ndef test_b(): pass\n"
    run = run_tests(open_runner({"test_a.py": cycle}))
    assert Sign("test_a.py::test_a", "f") in run.record.results


@pytest.mark.parametrize("handles", ["", "log.exception(error)", "kept = error"])
def test_names_the_red_test_whose_exception_holds_a_coroutine(open_runner: Open, handles: str) -> None:
    handled = (
        f"    except TypeError as error:\n        {handles}\n        assert False\n"
        if handles
        else "    finally: pass\n"
    )
    tests = "import logging\nlog = logging.getLogger('shop')\nasync def f(): pass\n"
    tests += f"def test_a():\n    try:\n        rows = f()\n        len(rows)\n{handled}def test_b(): pass\n"
    results = run_tests(open_runner({"test_a.py": tests})).record.results
    assert results[Sign("test_a.py::test_a")].outcome is Outcome.FAILED
    assert [sign for sign in results if sign.coroutine] == [Sign("test_a.py::test_a", "f")]


SETTINGS = """\
[pytest]
addopts = --exitfirst --failed-first --stepwise --numprocesses=2 --randomly-seed=7 --strict-config
cache_dir = .cache
"""


def test_goes_its_own_way_about_order_processes_and_early_ends(open_runner: Open) -> None:
    tests = "".join(
        f"def test_{number}(worker_id): assert worker_id == 'master' and {number} != 1\n" for number in range(9)
    )
    runner = open_runner({"pytest.ini": SETTINGS, "test_a.py": tests}, plugins=True)
    expected = [(f"test_a.py::test_{number}", "failed" if number == 1 else "passed") for number in range(9)]
    assert outcomes(run_tests(runner)) == expected


def test_uses_several_processes_when_they_are_asked_for_and_notes_when_one_dies(open_runner: Open) -> None:
    tests = "import os\nasync def f(): pass\ndef test_a(worker_id): assert worker_id == 'gw0'\ndef test_b(): f()\n"
    run = run_tests(
        open_runner(
            {"test_a.py": f"{tests}def test_c(): os._exit(1)\n"}, "-n", "1", "--max-worker-restart=0", plugins=True
        )
    )
    assert run.record.results[Sign("test_a.py::test_a")].outcome is Outcome.PASSED
    assert Sign("test_a.py::test_b", "f") in run.record.results
    assert run.ending is Ending.CRASHED


NOISY = """\
import sys, threading
print(sys.argv[-1])
LOADED = "json.tool" in sys.modules
def test_loaded(capfd):
    print("said")
    assert capfd.readouterr().out == "said\\n"
    assert LOADED is {loaded}, "json.tool"
def test_thread(): threading.Thread(target=int).start()
"""


@needs_fork
def test_forks_with_what_was_imported_before(open_runner: Open) -> None:
    runner = open_runner({"test_a.py": NOISY.format(loaded=True)})
    runner.modules = ["json.tool", "no.such.module"]
    assert outcomes(run_tests(runner)) == [("test_a.py::test_loaded", "failed"), ("test_a.py::test_thread", "passed")]
    for _ in range(2):
        warm = run_tests(runner, only={"test_a.py::test_loaded"}, is_warm=True)
        assert (outcomes(warm), warm.exit_code) == ([("test_a.py::test_loaded", "passed")], 0)


@needs_fork
def test_forks_see_the_files_of_their_run(open_runner: Open) -> None:
    runner = open_runner(
        {"a.py": "A = 1\n", "conftest.py": "import a\n", "test_a.py": "def test_a(): import a; assert a.A == 1\n"}
    )
    tests = {"test_a.py::test_a"}
    found = [
        outcomes(run_tests(runner, {"a.py": text}, tests, is_warm=True))
        for text in (b"A = 1\n", b"A = 2\n", b"A = 1\n")
    ]
    assert [[outcome for _, outcome in each] for each in found] == [["passed"], ["failed"], ["passed"]]


@needs_fork
def test_begins_a_new_process_for_other_settings_of_pytest(open_runner: Open) -> None:
    runner = open_runner({"pytest.ini": "[pytest]\n", "test_a.py": "def check_a(): pass\ndef test_a(): pass\n"})
    changed = {"pytest.ini": b"[pytest]\npython_functions = check\n"}
    both = {"test_a.py::test_a", "test_a.py::check_a"}
    assert outcomes(run_tests(runner, {}, both, is_warm=True)) == [("test_a.py::test_a", "passed")]
    assert outcomes(run_tests(runner, changed, both, is_warm=True)) == [("test_a.py::check_a", "passed")]


@needs_fork
@pytest.mark.parametrize(
    ("files", "modules", "reason"),
    [
        (
            {"plugin.py": "", "pytest.ini": "[pytest]\naddopts = -p plugin\n"},
            [],
            "plugin is imported with pytest's plugins",
        ),
        (
            {"pytest.ini": "[pytest]\naddopts = -p nothing_there\n"},
            [],
            "pytest does not get as far as to import anything",
        ),
        (
            {},
            ["asyncio.windows_events"],
            "asyncio.windows_events can't be imported before the project's own modules (ImportError)",
        ),
    ],
)
def test_runs_plainly_where_it_can_not_fork(
    open_runner: Open, files: Mapping[str, str], modules: list[str], reason: str
) -> None:
    runner = open_runner({**files, "test_a.py": "def test_a(): pass\n"})
    runner.modules = modules
    run = run_tests(runner, only={"test_a.py::test_a"}, is_warm=True)
    assert run.is_conclusive
    assert any(reason in sentence for sentence in runner._audience.told)  # type: ignore[attr-defined]


@needs_fork
def test_ends_a_fork_that_hangs(open_runner: Open) -> None:
    tests = "import time\ndef test_a(): time.sleep(600)\ndef test_b(): pass\n"
    runner = open_runner({"test_a.py": tests}, test_timeout=0.5)
    run = run_tests(runner, only={"test_a.py::test_a", "test_a.py::test_b"}, is_warm=True)
    assert outcomes(run) == [("test_a.py::test_a", "timed out"), ("test_a.py::test_b", "passed")]


@needs_posix
def test_says_what_a_test_ran_before_it_was_ended_for_taking_too_long(open_runner: Open) -> None:
    hanging = "def test_a():\n    number = 1\n    while number: pass\n    number = 2\n"
    runner = open_runner({"test_a.py": hanging}, test_timeout=0.5)
    record = run_tests(runner, sites={"test_a.py": [(2, 2, 0), (4, 4, 1)]}).record
    assert record.results[Sign("test_a.py::test_a")].outcome is Outcome.TIMED_OUT
    assert record.executed == {"test_a.py::test_a": {0}}


@pytest.mark.parametrize("option", ["--pdb", "--trace", "--stepwise-skip", "--maxfail=1", "--last-failed"])
def test_waits_for_nobody_and_goes_to_its_end(open_runner: Open, option: str) -> None:
    settings = f"[pytest]\naddopts = {option}\n"
    runner = open_runner({"pytest.ini": settings, "test_a.py": "def test_a(): assert 0\ndef test_b(): pass\n"})
    assert outcomes(run_tests(runner)) == [("test_a.py::test_a", "failed"), ("test_a.py::test_b", "passed")]


LISTENING = """\
def pytest_runtest_logreport(report):
    if report.failed:
        with open({file!r}, "w") as file:
            file.write(report.longreprtext)
"""


@pytest.mark.parametrize("option", ["--tb=long", "--full-trace"])
def test_quotes_no_source_for_tracebacks_that_nobody_reads(open_runner: Open, tmp_path: Path, option: str) -> None:
    files = {
        "pytest.ini": f"[pytest]\naddopts = {option}\n",
        "conftest.py": LISTENING.format(file=str(tmp_path / "told")),
        "test_a.py": "def test_a():\n    number = 1\n    assert number == 2  # never\n",
    }
    results = run_tests(open_runner(files)).record.results
    assert results[Sign("test_a.py::test_a")].message == "assert 1 == 2"
    assert "never" not in (tmp_path / "told").read_text()


def test_leaves_behind_what_takes_too_long_in_one_of_several_processes(open_runner: Open) -> None:
    tests = "import time\ndef test_a(): time.sleep(600)\ndef test_b(): pass\ndef test_c(): pass\ndef test_d(): pass\n"
    run = run_tests(open_runner({"test_a.py": tests}, "-n", "2", plugins=True, test_timeout=2.0))
    assert run.ending is Ending.FINISHED
    assert sorted(outcomes(run)) == [
        ("test_a.py::test_a", "timed out"),
        ("test_a.py::test_b", "passed"),
        ("test_a.py::test_c", "passed"),
        ("test_a.py::test_d", "passed"),
    ]


def test_leaves_bytecode_of_what_never_changes_to_later_runs(
    open_runner: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    test = """\
import glob
NAMES = sorted(name.split(".")[0] for name in glob.glob("__pycache__/*"))
import made, other
def test_a(): assert not NAMES, NAMES
"""
    generated = "open('made.py', 'w').write('')\n"
    runner = open_runner({"conftest.py": generated, "other.py": "", "test_a.py": test})
    runs = [run_tests(runner) for _ in range(4)]
    assert [run.result(Sign("test_a.py::test_a")).message.partition("\n")[0] for run in runs] == [
        "",
        "AssertionError: ['__pycache__/conftest', '__pycache__/test_a']",  # those that it has just written
        "AssertionError: ['__pycache__/conftest', '__pycache__/other', '__pycache__/test_a']",
        "AssertionError: ['__pycache__/conftest', '__pycache__/other', '__pycache__/test_a']",
    ]
    assert not (tmp_path / "__pycache__").exists()


def test_hears_of_coroutines_whatever_the_filters_of_warnings_are(open_runner: Open) -> None:
    tests = "async def f(): pass\ndef test_a(): f()\ndef test_b(): pass\n"
    run = run_tests(open_runner({"test_a.py": tests}, "-p", "no:warnings"))
    assert Sign("test_a.py::test_a", "f") in run.record.results
    run = run_tests(open_runner({"test_a.py": tests}, "-W", "ignore"))
    assert Sign("test_a.py::test_a", "f") in run.record.results


def test_leaves_out_coroutines_that_libraries_make_for_themselves(open_runner: Open) -> None:
    tests = """\
from unittest.mock import AsyncMock
async def _own(): pass
exec(compile("async def _cancel(): pass\\nasync def get(): pass", "/elsewhere/database.py", "exec"))
def test_a(): _own(), _cancel(), get(), AsyncMock()()
"""
    results = run_tests(open_runner({"test_a.py": tests})).record.results
    assert {sign.coroutine for sign in results} - {""} == {"_own", "get", "AsyncMockMixin._execute_mock_call"}


def test_warns_of_coroutines_as_python_does(open_runner: Open) -> None:
    tests = """\
import asyncio, warnings
async def f(): pass
def test_a():
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        f()
    (one,) = heard
    said = (str(one.message), one.category, one.filename, one.lineno, type(one.source).__name__)
    assert said == ("coroutine 'f' was never awaited", RuntimeWarning, __file__, 6, "coroutine")
"""
    results = run_tests(open_runner({"test_a.py": tests})).record.results
    assert results[Sign("test_a.py::test_a")].outcome is Outcome.PASSED
