"""The whole loop, with real pytest in child processes and changes made by hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.model import Verdict
from greenmod.verify import Counts, Outcome, Verification

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals")


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    """Return what is under `root`, each file with the time of its last change."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


SHOP = {
    "shop/__init__.py": "",
    "shop/prices.py": """\
def net(price): return price / 2
def gross(price): return price * 2
def rebate(price): return price + 1
def rounded(price): return round(price)
def shown(price): return f"{price} EUR"
""",
    "tests/test_prices.py": """\
from pathlib import Path
from shop import prices
def test_net(): assert prices.net(4) == 2
def test_gross(): assert prices.gross(4) == 8
def test_rebate(): assert prices.rebate(4) == 3
def test_shown(): assert prices.shown(4) == "4 EUR"
def test_bystander(): assert False, "red for its own reason"
def test_writes_into_its_tree(): Path(__file__).with_name("left.txt").write_text("behind")
""",
}


@pytest.fixture(scope="module")
def shop(project_at: Callable[[Path, Mapping[str, str]], Project], tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = project_at(tmp_path_factory.mktemp("loop") / "shop", SHOP)
    path = "shop/prices.py"
    project.propose("fine", path, "price / 2", "price * 0.5")
    project.propose("wrong", path, "price * 2", "price * 3")
    project.propose("needs-wrong", path, "round(price)", "round(gross(price))", requires=("wrong",))
    project.propose("fixing", path, "price + 1", "price - 1")
    project.propose("needs-fine", path, "{price} EUR", "{price:d} EUR", requires=("fine",))
    return project


@pytest.fixture(scope="module")
def before_and_after(shop: Project) -> tuple[dict[str, tuple[int, bytes]], Verification]:
    return snapshot(shop.root), shop.verify("-q", "tests")


@pytest.fixture(scope="module")
def verification(before_and_after: tuple[dict[str, tuple[int, bytes]], Verification]) -> Verification:
    return before_and_after[1]


def test_keeps_all_changes_but_the_wrong_one_and_what_requires_it(verification: Verification) -> None:
    assert verification.kept == ("fine", "fixing", "needs-fine")
    assert [(dropped.id, dropped.needs) for dropped in verification.dropped] == [
        ("needs-wrong", "wrong"),
        ("wrong", None),
    ]


def test_convicts_the_wrong_change_by_the_test_that_got_worse(verification: Verification) -> None:
    conviction = verification.dropped[1].conviction
    assert (conviction.test, conviction.before, conviction.after, conviction.also) == (
        "tests/test_prices.py::test_gross",
        Outcome.PASSED,
        Outcome.FAILED,
        (),
    )
    assert conviction.message.startswith("assert 12 == 8")


def test_gives_a_verdict_on_each_change(verification: Verification) -> None:
    assert verification.verdicts == {
        "fine": Verdict.PROVEN,
        "fixing": Verdict.PROVEN,
        "needs-fine": Verdict.PROVEN,
        "needs-wrong": Verdict.BROKEN,
        "wrong": Verdict.BROKEN,
    }


def test_names_a_test_that_ran_each_change(verification: Verification) -> None:
    assert verification.witnesses == {
        "fine": "tests/test_prices.py::test_net",
        "fixing": "tests/test_prices.py::test_rebate",
        "needs-fine": "tests/test_prices.py::test_shown",
    }


def test_tells_what_became_of_each_test(verification: Verification) -> None:
    tests = {test.partition("::")[2]: (one.before, one.after) for test, one in verification.tests.items()}
    assert tests == {
        "test_bystander": (Outcome.FAILED, Outcome.FAILED),
        "test_gross": (Outcome.PASSED, Outcome.PASSED),
        "test_net": (Outcome.PASSED, Outcome.PASSED),
        "test_rebate": (Outcome.FAILED, Outcome.PASSED),
        "test_shown": (Outcome.PASSED, Outcome.PASSED),
        "test_writes_into_its_tree": (Outcome.PASSED, Outcome.PASSED),
    }


def test_names_what_is_fixed_and_what_is_still_red(verification: Verification) -> None:
    assert verification.fixed == ("tests/test_prices.py::test_rebate",)
    assert verification.still_red == ("tests/test_prices.py::test_bystander",)
    assert verification.before == Counts(passed=4, failed=2)
    assert verification.after == Counts(passed=5, failed=1)


@pytest.mark.usefixtures("verification")
def test_tells_how_it_goes(shop: Project) -> None:
    assert "Running all tests with 5 changes" in shop.told
    assert "Worse: tests/test_prices.py::test_gross (passed → failed)" in shop.told
    assert "Nothing got worse" in shop.told


def test_leaves_the_project_untouched(
    shop: Project, before_and_after: tuple[dict[str, tuple[int, bytes]], Verification]
) -> None:
    assert snapshot(shop.root) == before_and_after[0]


def test_runs_nothing_when_there_is_no_change(make: Make) -> None:
    assert make({"test_a.py": "def test_a(): assert False\n"}).verify() == Verification()


def test_calls_the_sole_change_proven_when_a_red_test_turns_green(make: Make) -> None:
    project = make({"test_a.py": "def test_a(): assert 1 == 2\n"})
    project.propose("fixing", "test_a.py", "== 2", "== 1")
    verification = project.verify()
    assert verification.verdicts == {"fixing": Verdict.PROVEN}
    assert verification.fixed == ("test_a.py::test_a",)


def test_calls_proven_what_was_imported_for_tests_that_pass(make: Make) -> None:
    project = make(
        {
            "a.py": "VALUE = 1\n",
            "conftest.py": "import a\n",
            "lower/conftest.py": "VALUE = 1\n",
            "lower/test_b.py": "import pytest\n\ndef test_b(): pytest.skip()\n",
            "test_a.py": "import os\n\ndef test_a(): assert os.sep\n",
        }
    )
    project.propose("application", "a.py", "VALUE = 1", "VALUE = 2")
    project.propose("conftest", "conftest.py", "import a", "import a, os")
    project.propose("not passed", "lower/conftest.py", "VALUE = 1", "VALUE = 2")
    project.propose("tests", "test_a.py", "import os", "import os, sys")
    assert project.verify(requires_proof=True).kept == ("conftest", "tests")


def test_drops_changes_together_that_break_only_together(make: Make) -> None:
    project = make({"a.py": "A = 1\nB = 1\nC = 1\n", "test_a.py": "import a\ndef test_sum(): assert a.A + a.B < 4\n"})
    project.propose("first", "a.py", "A = 1", "A = 2")
    project.propose("second", "a.py", "B = 1", "B = 2")
    project.propose("third", "a.py", "C = 1", "C = 2")
    verification = project.verify()
    assert verification.kept == ("third",)
    assert [(dropped.id, dropped.together) for dropped in verification.dropped] == [
        ("first", ("second",)),
        ("second", ("first",)),
    ]


def test_convicts_nobody_else_where_a_test_needs_another_before_it(make: Make) -> None:
    project = make(
        {
            "a.py": "def first(): return 1\ndef second():\n    base = 2\n    return base\ndef third(): return 3\n",
            "test_a.py": """\
import a, time
seen = []
def test_first():
    seen.append(True)
    assert a.first() == 1
def test_second():
    time.sleep(0.2)  # what is quicker to show is looked at first
    assert seen and a.second() == 2
def test_third(): assert a.third()
""",
        }
    )
    project.propose("wrong", "a.py", "return 1", "return 2")
    project.propose("fine", "a.py", "base = 2", "base = 1 + 1")
    project.propose("wrong too", "a.py", "return base", "return base + 1")
    project.propose("fine too", "a.py", "return 3", "return 4")
    verification = project.verify()
    assert verification.kept == ("fine", "fine too")
    assert [(one.id, one.conviction.test) for one in verification.dropped] == [
        ("wrong", "test_a.py::test_first"),
        ("wrong too", "test_a.py::test_second"),
    ]


def test_convicts_a_change_that_breaks_the_collection_of_a_file(make: Make) -> None:
    project = make(
        {
            "test_a.py": "from os import path\ndef test_a(): assert path\ndef test_b(): assert path\n",
            "test_c.py": "def test_c(): assert 1\n",
        }
    )
    project.propose("fine", "test_c.py", "assert 1", "assert 2")
    project.propose("wrong", "test_a.py", "import path", "import nothing as path")
    verification = project.verify()
    assert verification.kept == ("fine",)
    conviction = verification.dropped[0].conviction
    assert (conviction.test, conviction.after) == ("test_a.py", Outcome.ERROR)
    assert conviction.also == ("test_a.py::test_a", "test_a.py::test_b")
    assert conviction.message.startswith("ImportError: cannot import name 'nothing' from 'os'")


def test_convicts_a_change_that_breaks_the_conftest(make: Make) -> None:
    project = make({"conftest.py": "VALUE = 1\n", "test_a.py": "def test_a(): pass\n"})
    project.propose("wrong", "conftest.py", "1", "missing")
    conviction = project.verify().dropped[0].conviction
    assert (conviction.verdict, conviction.test, conviction.after) == (
        Verdict.BROKEN,
        "test_a.py::test_a",
        Outcome.GONE,
    )
    assert "name 'missing' is not defined" in conviction.message


def test_convicts_a_change_that_leaves_a_coroutine_unawaited(make: Make) -> None:
    project = make(
        {
            "app.py": "async def notify(): pass\nasync def order():\n    await notify()\n",
            "test_app.py": "import asyncio, app\ndef test_order(): asyncio.run(app.order())\n",
        }
    )
    project.propose("wrong", "app.py", "await notify()", "notify()")
    conviction = project.verify().dropped[0].conviction
    assert (conviction.test, conviction.before, conviction.after, conviction.message) == (
        "test_app.py::test_order",
        Outcome.PASSED,
        Outcome.UNAWAITED,
        "coroutine 'notify' was never awaited",
    )


def test_calls_a_change_inconclusive_when_the_tests_crash(make: Make) -> None:
    project = make({"test_a.py": "import os\ndef test_a(): os.getpid()\nVALUE = 1\n"})
    project.propose("crashing", "test_a.py", "os.getpid()", "os._exit(0)")
    project.propose("fine", "test_a.py", "VALUE = 1", "VALUE = 2")
    verification = project.verify()
    assert verification.kept == ("fine",)
    assert verification.verdicts == {"crashing": Verdict.INCONCLUSIVE, "fine": Verdict.PROVEN}
    conviction = verification.dropped[0].conviction
    assert (conviction.test, conviction.after) == ("test_a.py::test_a", Outcome.CRASHED)
    assert conviction.message == "the process ended under it (exit code 0)"


def test_waits_for_a_test_that_hangs_only_until_its_change_is_found(make: Make) -> None:
    project = make(
        {
            "a.py": "ARE_OPEN = []\ndef opened(): ARE_OPEN.append(1)\ndef wait(): pass\ndef total(): return 1\n",
            "test_a.py": """\
import a
def test_first(): a.opened()
def test_needs_the_first(): assert a.ARE_OPEN
def test_waits(): a.wait()
def test_total(): assert a.total() == 1
""",
        }
    )
    project.propose("company", "a.py", "ARE_OPEN.append(1)", "pass")
    project.propose("hanging", "a.py", "wait(): pass", "wait():\n    while True: pass")
    project.propose("alone", "a.py", "return 1", "return 2")
    verification = project.verify(test_timeout=0.5)
    assert verification.kept == ()
    assert [told for told in project.told if told.startswith("Running all")] == [
        "Running all tests with no change",
        "Running all tests with 3 changes",
        "Running all tests with no change",
        "Running all tests with 3 changes",
        "Running all tests with 1 change",
    ]


def test_finds_the_tests_by_absolute_paths_in_the_sandbox(make: Make) -> None:
    project = make(
        {"tests/test_a.py": "def test_a(): assert 'shop/tests' not in __file__ or 'greenmod-' in __file__\n"}
    )
    project.propose("fine", "tests/test_a.py", "not in", "in")
    verification = project.verify(f"{project.root}/tests/test_a.py::test_a", f"--rootdir={project.root}")
    assert verification.kept == ("fine",)
    assert verification.before == Counts(passed=1)


INTERRUPTED = """\
import sys
from pathlib import Path
from greenmod.model import Change, ChangeSet, Edit, Safety
from greenmod.verify import Suite, verify
root = Path(sys.argv[1])
class Nobody:
    def tell(self, sentence): pass
    def begin(self, stage, total): pass
    def advance(self, count=1): pass
changes = ChangeSet(changes=(Change("any", "c", "t", "w", Safety.SAFE, (Edit("test_a.py", 0, 0, "#"),)),))
verify(Suite(root, python=Path(sys.executable)), changes, changes.ids, lambda ids: {}, Nobody())
"""


@needs_posix
def test_leaves_nothing_behind_when_it_is_interrupted(make: Make, tmp_path: Path) -> None:
    marker, temporary = tmp_path / "marker", tmp_path / "temporary"
    temporary.mkdir()
    body = f"open({str(marker)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)"
    project = make({"test_a.py": f"import os, time\ndef test_a():\n    {body}\n"})
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)}
    script = [sys.executable, "-c", INTERRUPTED, str(project.root)]
    with subprocess.Popen(script, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        while not (marker.exists() and marker.read_text()):
            assert process.poll() is None
            time.sleep(0.01)
        assert list(temporary.glob("greenmod-*"))
        process.send_signal(signal.SIGINT)
        _, error = process.communicate()
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert list(temporary.iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(marker.read_text()), 0)
