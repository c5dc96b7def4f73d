"""Codemods for the engine's tests: written to real files, described by the registry, run as a worker runs them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from greenmod.apply import rewrite
from greenmod.config import Config
from greenmod.description import CodemodSpec
from greenmod.engine.propose import propose
from greenmod.engine.work import Proposal, Task, Work
from greenmod.model import Edit
from greenmod.registry import available


@pytest.fixture(scope="session")
def codemod(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], CodemodSpec]:
    """Return a function that makes a codemod from the body of its class."""
    made: dict[str, CodemodSpec] = {}

    def make(body: str) -> CodemodSpec:
        if body not in made:
            root = tmp_path_factory.mktemp("codemods")
            text = f"import libcst as cst\n\nfrom greenmod.api import *\n\n\nclass Rewrite(Codemod):\n{body}"
            (root / f"codemod_{len(made)}.py").write_text(text, encoding="utf-8")
            specs = available(Config(root, codemods=(".",)))
            (made[body],) = (spec for spec in specs.values() if spec.origin == "project")
        return made[body]

    return make


@pytest.fixture(scope="session")
def propose_on(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Proposal]:
    """Return a function that runs codemods on one file of some bytes."""
    root = tmp_path_factory.mktemp("proposed")

    def run(
        data: bytes, *specs: CodemodSpec, lines: tuple[int, ...] | None = None, innermost: bool = False
    ) -> Proposal:
        (root / "module.py").write_bytes(data)
        works = tuple(Work(spec, {}, lines, innermost=innermost) for spec in specs)
        return propose(root, Task("module.py", works))

    return run


@pytest.fixture(scope="session")
def rewritten(propose_on: Callable[..., Proposal]) -> Callable[..., bytes]:
    """Return a function that returns what becomes of a file when everything proposed for it is done."""

    def run(data: bytes, *specs: CodemodSpec, lines: tuple[int, ...] | None = None, innermost: bool = False) -> bytes:
        proposal = propose_on(data, *specs, lines=lines, innermost=innermost)
        assert proposal.problems == ()
        edits = [Edit("module.py", *span) for piece in proposal.pieces for span in piece.spans]
        return rewrite("module.py", data, edits)

    return run
