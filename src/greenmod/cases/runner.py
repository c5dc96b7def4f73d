"""Runs the tests of cases, with this Python and the packages that it has.

Those of each case run in a process of its own. Where the platform can fork, it is a fork of one that has imported
pytest and its plugins already (`forked.py`), and the libraries that many cases use, but nothing of any case.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import greenmod.verify
from greenmod.facts.evidence.observation import Evidence
from greenmod.verify import Suite, open_verifier
from greenmod.verify.process import Child, Command, Process
from greenmod.verify.warm import Warm, is_possible

# A coroutine that nobody awaits turns the tests of a case red, whatever its own settings say.
_WARNINGS = ("-W", "error::RuntimeWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning")
_OPTIONS = ("-q", "--tb=short", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "greenmod_exchanges", *_WARNINGS)
_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_NO_TESTS = 5
# What takes long to import and many cases need; what isn't installed is nobody's.
_LIBRARIES = ("fastapi.testclient", "httpx", "pydantic", "sqlalchemy.ext.asyncio", "sqlalchemy.orm")
_OWNERS = frozenset(name for library in _LIBRARIES for name in (library.split(".")[0], f"{library.split('.')[0]}.py"))
# What the tests of a case may take, in seconds.
_LONGEST = 300.0

# Method, path, status and digest of the body: of each exchange of each test, in order.
Exchanges = Mapping[str, list[list[object]]]


@dataclass(frozen=True, slots=True)
class Tested:
    """What the tests of a case said: `green`, `red` or `none`; what pytest printed; and what they asked the app."""

    colour: str
    output: str
    exchanges: Exchanges


class CaseRunner:
    """Runs the tests of one case after the other. Nothing is started before there are any."""

    def __init__(self) -> None:
        self._home = TemporaryDirectory(prefix="greenmod-cases-")
        home = Path(self._home.name).resolve()
        self._folder, self._output, self._record = home / "case", home / "output", home / "exchanges.json"
        self._warm: Warm | None = None
        self._can_warm = is_possible()

    def __enter__(self) -> CaseRunner:
        return self

    def __exit__(self, *_: object) -> None:
        self._cool()
        self._home.cleanup()

    def run(self, files: Mapping[str, bytes]) -> Tested:
        """Run the tests of some files, once."""
        self._clear()
        # While there are no files, of which it must know nothing; nor may a case have a library's name for its own.
        warm = self._warmed() if _OWNERS.isdisjoint(path.partition("/")[0] for path in files) else None
        _write(self._folder, files)
        child: Child = (warm.run() if warm is not None else None) or Process(self._command("pytest"))
        try:
            code = child.wait(_LONGEST)
        finally:
            child.end()
        colour = {0: "green", _NO_TESTS: "none"}.get(-1 if code is None else code, "red")
        exchanges = json.loads(self._record.read_bytes())["exchanges"] if self._record.exists() else {}
        return Tested(colour, self._output.read_text(encoding="utf-8", errors="replace"), exchanges)

    def _clear(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._output.write_bytes(b"")
        self._record.unlink(missing_ok=True)

    def _warmed(self) -> Warm | None:
        if self._warm is None and self._can_warm:
            places = (str(self._folder), str(self._output))
            self._warm = Warm(self._command("greenmod.cases.forked", *places, ",".join(_LIBRARIES)))
            if self._warm.obstacle:
                self._can_warm = False
                self._cool()
        return self._warm

    def _cool(self) -> None:
        if self._warm is not None:
            self._warm.close()
            self._warm = None

    def _command(self, module: str, *arguments: str) -> Command:
        path = os.pathsep.join(filter(None, (str(_PLUGIN), os.environ.get("PYTHONPATH", ""))))
        # All cases have the same paths: what one leaves compiled, the next one would run.
        own = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "GREENMOD_EXCHANGES": str(self._record)}
        tests = ("--rootdir", str(self._folder), str(self._folder))
        words = (sys.executable, "-m", module, *arguments, *_OPTIONS, *tests)
        return Command(words, self._folder, {**os.environ, **own}, self._output)


def ask_tests(files: Mapping[str, bytes]) -> Evidence:
    """Return what tests of some files say and load lazily, as `run --verify` would know it. Raises VerifyError."""
    with TemporaryDirectory(prefix="greenmod-case-") as name:
        root = Path(name).resolve()
        _write(root, files)
        suite = Suite(root, Path(sys.executable), ("-p", "no:randomly", *_WARNINGS), explains=True, traces=True)
        with open_verifier(suite, (), _Nobody()) as verifier:
            return verifier.evidence()


class _Nobody:
    """Watches nothing."""

    def tell(self, sentence: str) -> None:
        """Be told nothing."""

    def begin(self, stage: str, total: int | None) -> None:
        """Be shown nothing."""

    def advance(self, count: int = 1) -> None:
        """Count nothing."""


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
