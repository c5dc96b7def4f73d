"""The demonstration: a small application with red tests is copied, rewritten and verified before your eyes."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

from greenmod.errors import UsageError
from greenmod.execute import Orders, Verifying, execute
from greenmod.model import ChangeSet, ExitCode
from greenmod.registry import fixtures_folder
from greenmod.report.report import Report
from greenmod.report.text import change_text, diff_text, skip_text
from greenmod.report.verdicts import verification_text
from greenmod.report.wording import count
from greenmod.session import Request

_NEEDS = ("aiosqlite", "asgi_lifespan", "fastapi", "httpx", "pytest_asyncio", "sqlalchemy")


class _Teller:
    """No progress bars: the demonstration tells its own story."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.tell = say

    def begin(self, stage: str, total: int | None) -> None:
        pass

    def advance(self, count: int = 1) -> None:
        pass


def play(say: Callable[[str], None]) -> ExitCode:
    """Play the demonstration; `say` prints a paragraph. Raises UsageError where its packages are missing."""
    if missing := [name for name in _NEEDS if find_spec(name) is None]:
        raise UsageError(f"the demo needs {', '.join(missing)}", 'Install them: pip install "greenmod[demo]".')
    folder = Path(tempfile.mkdtemp(prefix="greenmod-demo-")) / "bookshop"
    shutil.copytree(fixtures_folder() / "projects" / "bookshop", folder, ignore=shutil.ignore_patterns("__pycache__"))
    say(f"A small FastAPI application was copied to {folder}.")
    say("Some of its tests are red, some use TestClient. This is what could be changed, and what is left alone:\n")
    found = execute(Request((folder,)), Orders(), _Teller(say))
    for line in (*diff_text(found), *skip_text(found.plan.skips)):
        say(line.rstrip("\n"))
    say("\nNow pytest decides, in a copy of the tree, which of these changes stay:\n")
    orders = Orders(write=True, testing=Verifying(Path(sys.executable)))
    report = execute(Request((folder,)), orders, _Teller(say))
    for line in (*verification_text(report), *_learned(report, found.plan)):
        say(line.rstrip("\n"))
    say(_moral(report, folder))
    return ExitCode.OK if report.verification is not None and report.verification.fixed else ExitCode.BUG


def _learned(report: Report, foreseen: ChangeSet) -> Iterator[str]:
    """Yield the changes that nobody could propose before the tests had run."""
    known = foreseen.ids
    learned = [change for change in report.changes if change.id not in known]
    if learned:
        yield f"\n{count(len(learned), 'change')} more came from what a failing test said:\n"
    for change in learned:
        yield from change_text(change, report.baselines)


def _moral(report: Report, folder: Path) -> str:
    assert report.verification is not None
    found = report.verification
    turned = f"{count(len(found.fixed), 'test')} turned green, {found.before.passed} stayed green, none got worse"
    stayed = f"{len(found.still_red)} stayed red, for reasons that are not a codemod's to mend"
    done = f"{count(len(report.changes), 'change')} in {count(len(report.paths), 'file')}"
    command = "greenmod" if shutil.which("greenmod") else str(Path(sys.argv[0]).resolve())
    return f"""
{turned}; {stayed}. {done}.

Try next:
    cd {folder}
    {command} run                  nothing is left to do
    {command} undo                 every file back as it was
    {command} run --show-skips     what would change; what is left alone, and why
    {command} list                 the codemods; `greenmod explain NAME` for one
and then `greenmod run` in a repository of your own: it writes nothing unless you say --write."""
