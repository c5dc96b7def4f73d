"""LibCST's own codemods, and plain transformers from anywhere, run as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.apply import rewrite
from greenmod.config import Config
from greenmod.engine.propose import propose
from greenmod.engine.work import Proposal, Task, Work
from greenmod.errors import UsageError
from greenmod.model import Edit
from greenmod.registry import choose

Run = Callable[..., Proposal]
FSTRING = "libcst.codemod.commands.convert_format_to_fstring:ConvertFormatStringCommand"
RENAME = "libcst.codemod.commands.rename:RenameCommand"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def run(name: str, data: bytes, *options: str) -> Proposal:
        (tmp_path / "module.py").write_bytes(data)
        selection = choose(Config(tmp_path), [name], [], False, [f"{name}.{option}" for option in options])
        (spec,) = selection.specs
        return propose(tmp_path, Task("module.py", (Work(spec, selection.options.get(name, {})),)))

    return run


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Return a function that makes an importable module and names its class `Rewrite`."""

    def make(module: str, body: str) -> str:
        (tmp_path / "lib").mkdir(exist_ok=True)
        (tmp_path / "lib" / f"{module}.py").write_text(f"import libcst as cst\n{body}")
        monkeypatch.syspath_prepend(str(tmp_path / "lib"))
        return f"{module}:Rewrite"

    return make


def written(data: bytes, proposal: Proposal) -> bytes:
    assert proposal.problems == ()
    return rewrite("module.py", data, [Edit("module.py", *span) for p in proposal.pieces for span in p.spans])


def test_runs_a_command_of_libcst(run: Run) -> None:
    data = b"\xef\xbb\xbfx = '{} and {}'.format(a, b)  # why\r\ny = 1\r\n"
    proposal = run(FSTRING, data)
    assert written(data, proposal) == b"\xef\xbb\xbfx = f'{a} and {b}'  # why\r\ny = 1\r\n"
    assert [(piece.title, piece.line) for piece in proposal.pieces] == [("Apply ConvertFormatStringCommand", 1)]


def test_gives_a_command_its_options(run: Run) -> None:
    data = b"from old.package import thing\n\nthing()\n"
    proposal = run(RENAME, data, "old_name=old.package.thing", "new_name=new.package.thing")
    assert written(data, proposal) == b"from new.package import thing\n\nthing()\n"


def test_all_that_a_command_does_to_a_file_is_one_change(run: Run) -> None:
    proposal = run(FSTRING, b"a = '{}'.format(b)\nc = '{}'.format(d)\n")
    assert [len(piece.spans) > 1 for piece in proposal.pieces] == [True]


def test_file_without_a_difference_gets_no_change(run: Run) -> None:
    assert run(FSTRING, b"a = 1\n").pieces == ()


def test_runs_a_plain_transformer(run: Run, library: Callable[[str, str], str]) -> None:
    name = library(
        "plain_transformer",
        "class Rewrite(cst.CSTTransformer):\n"
        "    def leave_Name(self, original_node, updated_node):\n"
        "        return updated_node.with_changes(value='b') if updated_node.value == 'a' else updated_node\n",
    )
    assert written(b"a = (a)\n", run(name, b"a = (a)\n")) == b"b = (b)\n"


def test_runs_a_transformer_that_asks_for_metadata(run: Run, library: Callable[[str, str], str]) -> None:
    name = library(
        "metadata_transformer",
        "from libcst.metadata import PositionProvider\n"
        "class Rewrite(cst.CSTTransformer):\n"
        "    METADATA_DEPENDENCIES = (PositionProvider,)\n"
        "    def leave_Name(self, original_node, updated_node):\n"
        "        line = self.get_metadata(PositionProvider, original_node).start.line\n"
        "        return updated_node.with_changes(value='b') if line == 2 else updated_node\n",
    )
    assert written(b"a\na\na\n", run(name, b"a\na\na\n")) == b"a\nb\na\n"


def test_file_that_the_command_skips_is_a_skip(run: Run, library: Callable[[str, str], str]) -> None:
    name = library(
        "skipping_command",
        "from libcst.codemod import CodemodCommand, SkipFile\n"
        "class Rewrite(CodemodCommand):\n"
        "    def transform_module_impl(self, tree):\n"
        "        raise SkipFile('not today')\n",
    )
    assert [(skip.rule, skip.reason) for skip in run(name, b"a\n").skips] == [("skip-file", "not today")]


def test_command_that_breaks_the_syntax_changes_nothing(run: Run, library: Callable[[str, str], str]) -> None:
    name = library(
        "breaking_transformer",
        "class Rewrite(cst.CSTTransformer):\n"
        "    def leave_Name(self, original_node, updated_node):\n"
        "        return updated_node.with_changes(value='class')\n",
    )
    proposal = run(name, b"a\n")
    assert proposal.pieces == ()
    assert ["its result is not valid Python" in problem.message for problem in proposal.problems] == [True]


def test_command_that_raises_is_named(run: Run, library: Callable[[str, str], str]) -> None:
    name = library("raising_transformer", "class Rewrite(cst.CSTTransformer):\n    def visit_Name(self, node): 1 / 0\n")
    (problem,) = run(name, b"a\n").problems
    assert (problem.kind, "raising_transformer:Rewrite" in problem.message) == ("codemod", True)


@pytest.mark.parametrize(
    "name",
    ["no_such_package.module:Class", "libcst:NoSuchClass", "libcst.codemod:parallel_exec_transform_with_prettyprint"],
)
def test_class_that_cannot_be_imported_is_wrong_usage(name: str, run: Run) -> None:
    with pytest.raises(UsageError, match="--select"):
        run(name, b"a\n")
