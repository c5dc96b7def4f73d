"""The tests of each case run in a process of their own, and know nothing of the cases before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from greenmod.cases.runner import CaseRunner
from greenmod.verify.warm import is_possible

needs_fork = pytest.mark.skipif(not is_possible(), reason="forks")


@pytest.fixture(scope="module")
def runner() -> Iterator[CaseRunner]:
    with CaseRunner() as runner:
        yield runner


@pytest.mark.parametrize(
    ("text", "colour", "words"),
    [
        ("def test_it(): pass", "green", "1 passed"),
        ("def test_it(): assert 0", "red", "assert 0"),
        ("def test_it() pass", "red", "SyntaxError"),
        ("x = 1", "none", "no tests ran"),
        ("import os\ndef test_it(): os.abort()", "red", "Fatal Python error: Aborted"),
        ("async def f(): pass\ndef test_it(): f()", "red", "coroutine 'f' was never awaited"),
    ],
)
def test_says_what_pytest_said(runner: CaseRunner, text: str, colour: str, words: str) -> None:
    found = runner.run({"tests/test_it.py": text.encode()})
    assert (found.colour, words in found.output, found.exchanges) == (colour, True, {})


def test_runs_what_the_files_say_now(runner: CaseRunner) -> None:
    texts = [b"def test_it():\n    import shop\n    assert shop.PRICE == %d\n" % price for price in (1, 2)]
    given = [{"shop.py": b"PRICE = %d\n" % price, "test_it.py": text} for price, text in enumerate(texts, 1)]
    assert [runner.run(files).colour for files in (*given, {"test_it.py": texts[0]})] == ["green", "green", "red"]


def test_reads_the_settings_of_each_case(runner: CaseRunner) -> None:
    checks = {"checks.py": b"def check_it(): pass\n"}
    settings = b"[pytest]\npython_files = checks.py\npython_functions = check_*\n"
    found = [runner.run(files).colour for files in (checks, {**checks, "pytest.ini": settings}, checks)]
    assert found == ["none", "green", "none"]


def test_forgets_what_tests_did_to_their_process(runner: CaseRunner) -> None:
    text = b"import os, sys\ndef test_it():\n    assert not hasattr(os, 'been')\n    os.been = sys.path[:] = [1]\n"
    assert [runner.run({"test_it.py": text}).colour for _ in range(2)] == ["green", "green"]


@needs_fork
def test_forks_from_one_process_for_all_cases(runner: CaseRunner) -> None:
    files = {"test_it.py": b"import os\ndef test_it(): assert 0, f'<{os.getpid()} {os.getppid()}>'\n"}
    said = [runner.run(files).output.partition("Error: <")[2].partition(">")[0].split() for _ in range(2)]
    (first, parent), (second, same) = said
    assert first != second
    assert parent == same


@needs_fork
def test_starts_anew_where_a_library_forbids_forks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "waits.py").write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTEST_PLUGINS", "waits")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    files = {"test_it.py": b"import os\ndef test_it(): assert os.getppid() == %d\n" % os.getpid()}
    with CaseRunner() as runner:
        assert [runner.run(files).colour for _ in range(2)] == ["green", "green"]
