"""A verification that is killed at any moment, or stopped: what it leaves behind, and how it goes on.

The project's conftest writes a line for each session of pytest, and kills greenmod when a file tells it to.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from greenmod.verify.warm import is_possible

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
needs_fork = pytest.mark.skipif(not is_possible(), reason="forks")
needs_leash = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a run with its greenmod")

PATIENCE = 60.0  # seconds, for a machine that has much else to do
# Verifies hand-made changes; says in the end what came of it, and before that what goes on.
PROGRAM = """\
import json, os, sys
from pathlib import Path
from greenmod.model import Change, ChangeSet, Edit, Safety
from greenmod.verify import Suite, verify

root, signs, *arguments = sys.argv[1:]
(Path(signs) / "greenmod").write_text(str(os.getpid()))
before = (Path(root) / "prices.py").read_bytes()
EDITS = {"fine": (b"T = 1", b"T = 1.0"), "wrong": (b"S = 2", b"S = 3"), "also-fine": (b"E = 4", b"E = 2 + 2")}

def change(id):
    at, old, new = before.index(EDITS[id][0]), *EDITS[id]
    edit = Edit("prices.py", at, at + len(old), new.decode())
    return Change(id, "by-hand", id, "for the test", Safety.SAFE, (edit,))

def render(ids):
    text = before
    for id in ids:
        text = text.replace(*EDITS[id])
    return {"prices.py": text} if ids else {}

class Audience:
    def tell(self, sentence): print(sentence, flush=True)
    def begin(self, stage, total): pass
    def advance(self, count=1): pass

memory = Path(signs, "memory")
suite = Suite(Path(root), python=Path(sys.executable), pytest_args=tuple(arguments), memory=memory, cheap=0)
found = verify(suite, ChangeSet(changes=tuple(map(change, EDITS))), frozenset(EDITS), render, Audience())
print(json.dumps([found.kept, [(d.id, d.conviction.test, d.conviction.message) for d in found.dropped],
    {id: verdict.value for id, verdict in found.verdicts.items()}, dict(found.witnesses)]))
"""
CONFTEST = """\
import os, signal, time
from pathlib import Path

signs = Path(os.environ["SIGNS"])

def pytest_sessionstart():
    with open(signs / "sessions", "a") as file:
        file.write(f"{os.getpid()}\\n")
    _die("start")
    if _is_said("hang", "start"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(600)

def pytest_sessionfinish():
    _die("finish")

def _die(when):
    if _is_said("kill", when):
        os.kill(int((signs / "greenmod").read_text()), signal.SIGKILL)
        time.sleep(600)

def _is_said(what, when):
    count = len((signs / "sessions").read_text().splitlines())
    return (signs / what).exists() and (signs / what).read_text() == f"{when} {count}"
"""
TESTS = """\
import prices
def test_net(): assert prices.NET == 1
def test_gross(): assert prices.GROSS == 2
def test_rebate(): assert prices.REBATE == 4
"""
FILES = {"conftest.py": CONFTEST, "prices.py": "NET = 1\nGROSS = 2\nREBATE = 4\n", "test_prices.py": TESTS}


class Shop:
    """The project, and what its sessions and their greenmod leave behind."""

    def __init__(self, folder: Path) -> None:
        self.root, self.signs, self.temporary = folder / "shop", folder / "signs", folder / "temporary"
        self.library = folder / "library"
        for path in (self.root, self.signs, self.temporary, self.library):
            path.mkdir()
        for name, text in FILES.items():
            (self.root / name).write_text(text)
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        env = {**os.environ, "SIGNS": str(self.signs), "TMPDIR": str(self.temporary), **variables}
        env["PYTHONPATH"] = os.pathsep.join((*sys.path, str(self.library)))
        script = [sys.executable, "-c", PROGRAM, str(self.root), str(self.signs), *arguments]
        process = subprocess.Popen(script, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def verify(self, *arguments: str, **variables: str) -> tuple[int, list[str]]:
        """Verify to the end, or to its death; returns the exit code and what was told."""
        process = self.start(*arguments, **variables)
        told, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGKILL or not error, error
        return process.returncode, told.splitlines()

    def kill_at(self, moment: str) -> None:
        (self.signs / "kill").write_text(moment)

    @property
    def sessions(self) -> list[int]:
        log = self.signs / "sessions"
        return [int(line) for line in log.read_text().splitlines()] if log.exists() else []

    @property
    def left(self) -> list[str]:
        return sorted(path.name for path in self.temporary.iterdir())


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    shop = Shop(tmp_path)
    yield shop
    for process in shop.started:
        process.kill()
        process.communicate()


def lives(process: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in ("", "Z")


def wait_until(is_so: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


RESULT = [
    ["fine", "also-fine"],
    [["wrong", "test_prices.py::test_gross", "assert 3 == 2\n +  where 3 = prices.GROSS"]],
    {"fine": "unproven", "also-fine": "unproven", "wrong": "broken"},
    {},
]
# Sessions that it takes to come to the result.
SESSIONS = 11


@needs_fork
@needs_leash
def test_goes_on_where_it_was_killed_each_time_it_gets_one_session_further(shop: Shop) -> None:
    for known in range(SESSIONS - 1):
        shop.kill_at(f"{'start' if known % 2 else 'finish'} {len(shop.sessions) + 2}")
        code, _ = shop.verify()
        assert (code, len(shop.sessions)) == (-signal.SIGKILL, 2 * known + 2)
        assert len(shop.left) == 1
    code, told = shop.verify()
    assert json.loads(told[-1]) == RESULT
    assert len(shop.sessions) == 2 * SESSIONS - 1
    assert list((shop.signs / "memory").iterdir()) == []
    assert shop.left == []  # each start has removed what the one before it could not
    wait_until(lambda: not any(map(lives, shop.sessions)), 5.0)
    assert {path.name for path in shop.root.iterdir()} == {*FILES}


@pytest.mark.parametrize(
    ("change", "arguments", "variables", "is_known"),
    [
        (None, (), {}, True),
        (None, (), {"SHLVL": "9", "OLDPWD": "/"}, True),
        ("edited = True\n", (), {}, False),
        (None, ("-q",), {}, False),
        (None, (), {"DATABASE_URL": "another"}, False),
    ],
    ids=["nothing", "terminal", "file", "arguments", "environment"],
)
def test_recalls_nothing_when_something_has_changed(
    shop: Shop, change: str | None, arguments: tuple[str, ...], variables: dict[str, str], is_known: bool
) -> None:
    shop.kill_at("start 2")
    shop.verify()
    if change is not None:
        (shop.root / "other.py").write_text(change)
    shop.kill_at("start 3")
    _, told = shop.verify(*arguments, **variables)
    assert ("  known from the verification that was stopped" in told) == is_known


LIBRARY = """import os, signal, time
from pathlib import Path

imports = Path(os.environ["SIGNS"], "imports")
with open(imports, "a") as file:
    file.write(f"{os.getpid()}\\n")
if len(imports.read_text().splitlines()) == 3:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(600)
"""


@needs_fork
@pytest.mark.parametrize("moment", [1, 2, 3, 5, "import"])
def test_stops_at_once_and_keeps_what_is_known(shop: Shop, moment: int | str) -> None:
    """Whatever runs ignores Ctrl-C: tests, tests in a fork, and what the warm process imports."""
    (shop.library / "slow.py").write_text(LIBRARY if moment == "import" else "")
    (shop.root / "test_prices.py").write_text(f"import slow\n{TESTS}")
    reached = shop.signs / ("imports" if moment == "import" else "sessions")
    count = 3 if moment == "import" else moment
    (shop.signs / "hang").write_text(f"start {moment}")

    process = shop.start()
    wait_until(lambda: reached.exists() and len(reached.read_text().splitlines()) == count)
    time.sleep(0.2)
    pressed = time.monotonic()
    process.send_signal(signal.SIGINT)
    told_last, error = process.communicate(timeout=PATIENCE)

    assert told_last.splitlines()[-1].startswith("Stopped. What the tests have said is kept")

    assert error.rstrip().endswith("KeyboardInterrupt")
    assert time.monotonic() - pressed < 3.0  # half a second is for the tests to clean up; the rest for slow machines
    assert shop.left == []
    assert not any(map(lives, map(int, reached.read_text().split())))
    (shop.signs / "hang").unlink()
    before = len(shop.sessions)
    known = before if moment == "import" else before - 1
    _, told = shop.verify()
    assert told.count("  known from the verification that was stopped") == known
    assert len(shop.sessions) - before == SESSIONS - known
    assert json.loads(told[-1]) == RESULT
