"""Every proof fails for a codemod, or a case, that is wrong in just that way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.cases.case import load_case
from greenmod.cases.prove import Failure, prove
from greenmod.cases.runner import CaseRunner
from greenmod.cases.scaffold import scaffold

Prove = Callable[..., list[Failure]]

HEAD = '''"""A codemod."""

import libcst as cst

from greenmod.api import Codemod, Option


class Rewrite(Codemod):
    name = "rewrite-it"
    triggers = ("x",)
    options = (Option("to", "y", "the new name"), Option("among", ["x"], "the old names"), Option("on", True, "or off"))

    def leave_Name(self, original, updated):
        if not self.option("on") or original.value not in self.option("among"):
            return updated
'''
RENAME = HEAD + '        return self.change(original, cst.Name(self.option("to")), "Rename")\n'
GROW = HEAD.replace("not in", "[:1] not in") + (
    '        return self.change(original, cst.Name(original.value + "x"), "Grow")\n'
)
SKIP = HEAD + '        self.skip(original, "some-rule", "no")\n        return updated\n'
UNCOMMENT = HEAD.replace("leave_Name", "leave_SimpleStatementLine").replace("original.value not in", "() in") + (
    "        bare = updated.with_changes(trailing_whitespace=cst.TrailingWhitespace())\n"
    '        return self.change(original, bare, "Uncomment")\n'
)

# Adds one to the number on the line where a test failed.
LISTEN = """\
from greenmod.api import Codemod, Decision, FilePlan


class Rewrite(Codemod):
    name = "rewrite-it"
    triggers = ("assert",)
    wants_evidence = True

    @classmethod
    def decide(cls, project, options):
        lines = tuple(one.frames[0].line for one in project.evidence.observations)
        return Decision({"test_it.py": FilePlan(lines, lines)} if lines else {})

    def leave_Integer(self, original, updated):
        if self.position(original)[0] not in self.decision:
            return updated
        return self.change(original, updated.with_changes(value=str(int(original.value) + 1)), "Add one")
"""


@pytest.fixture
def prove_case(tmp_path: Path) -> Prove:
    def run(codemod: str, files: dict[str, str]) -> list[Failure]:
        (tmp_path / "codemods").mkdir()
        (tmp_path / "codemods" / "rewrite_it.py").write_text(codemod)
        for path, text in files.items():
            target = tmp_path / "fixtures/rewrite-it/some_case" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        case = load_case(tmp_path / "fixtures/rewrite-it/some_case")
        with CaseRunner() as runner:
            return prove(case, runner, (str(tmp_path / "codemods"),))

    return run


def proofs(failures: list[Failure]) -> set[str]:
    return {failure.proof.partition(" ")[0] for failure in failures}


def test_right_codemod_and_right_case_pass(prove_case: Prove) -> None:
    assert (
        prove_case(RENAME, {"before.py": "x = 1  # stays\nprint(x)\n", "after.py": "y = 1  # stays\nprint(y)\n"}) == []
    )


def test_expected_skip_passes(prove_case: Prove) -> None:
    assert prove_case(SKIP, {"before.py": "f(\n    x  # skip: some-rule\n)\n"}) == []


def test_options_of_the_case_are_used(prove_case: Prove) -> None:
    toml = "[options]\nto = 'z'\namong = ['x', 'xx']\non = true\n"
    assert prove_case(RENAME, {"before.py": "x, xx\n", "after.py": "z, z\n", "case.toml": toml}) == []


def test_case_can_switch_a_codemod_off(prove_case: Prove) -> None:
    assert prove_case(RENAME, {"before.py": "x\n", "case.toml": "[options]\non = false\n"}) == []


def test_wrong_result_is_shown_as_a_difference(prove_case: Prove) -> None:
    failures = prove_case(RENAME, {"before.py": "x\n", "after.py": "z\n"})
    assert proofs(failures) == {"result", "crlf"}
    assert "-z\n+y\n" in failures[0].message


def test_codemod_that_is_not_stable_fails_and_ends(prove_case: Prove) -> None:
    failures = prove_case(GROW, {"before.py": "x\n", "after.py": "xx\n"})
    assert "stable" in proofs(failures)


def test_skip_that_nobody_announced_fails(prove_case: Prove) -> None:
    (failure,) = prove_case(SKIP, {"before.py": "a = x\n"})
    assert (failure.proof, failure.message) == ("skips", "case.py:1: no `# skip: some-rule` announces this skip: no")


def test_announced_skip_that_does_not_come_fails(prove_case: Prove) -> None:
    (failure,) = prove_case(SKIP, {"before.py": "a = y  # skip: some-rule\n"})
    assert (failure.proof, "expected a skip [some-rule]" in failure.message) == ("skips", True)


def test_lost_comment_fails(prove_case: Prove) -> None:
    failures = prove_case(UNCOMMENT, {"before.py": "x  # why\nprint(x)\n", "after.py": "x\nprint(x)\n"})
    assert "comments" in proofs(failures)


def test_file_that_cannot_be_parsed_fails(prove_case: Prove) -> None:
    failures = prove_case(RENAME, {"before.py": "print x\n"})
    assert "problems" in proofs(failures)


def test_codemod_that_raises_fails(prove_case: Prove) -> None:
    failures = prove_case(RENAME.replace("cst.Name(", "cst.Nothing("), {"before.py": "x\n", "after.py": "y\n"})
    assert {"problems", "result"} <= proofs(failures)


def test_case_with_tests_is_run(prove_case: Prove) -> None:
    files = {
        "before/test_it.py": "def test_it():\n    x = 1\n    assert 'y' in locals()\n",
        "after/test_it.py": "def test_it():\n    y = 1\n    assert 'y' in locals()\n",
        "case.toml": "[run]\nbefore = 'red'\nafter = 'red'\n",
    }
    (failure,) = prove_case(RENAME, files)
    assert (failure.proof, failure.message.partition("\n")[0]) == ("runs", "after: expected red, found green")
    assert "1 passed" in failure.message


def test_scaffold_is_proven_by_its_own_cases(tmp_path: Path) -> None:
    for path, text in scaffold("rename-old-name", "codemods", "fixtures").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for name in ("renamed", "unchanged_in_function"):
        case = load_case(tmp_path / "fixtures/rename-old-name" / name)
        with CaseRunner() as runner:
            assert prove(case, runner, (str(tmp_path / "codemods"),)) == []


MAKE = (
    HEAD.replace("Codemod, Option", "Codemod, Decision, FilePlan, Option, Survey, TextChange").replace(
        "    def leave_Name",
        """    @classmethod
    def survey(cls, file):
        return Survey((1,))

    @classmethod
    def decide(cls, project, options):
        found = (TextChange("made.py", "made = 1\\n", "g", "Make"), TextChange("a.ini", "[a]\\nb\\n", "g", "Set"))
        return Decision({path: FilePlan() for path in project.surveys}, texts=found)

    def leave_Name""",
    )
    + '        return self.change(original, cst.Name("y"), "Rename", group="g")\n'
)


def test_files_that_are_made_or_are_no_python_keep_their_line_ends(prove_case: Prove) -> None:
    files = {
        "before/m.py": "x\n",
        "before/a.ini": "[a]\n",
        "after/m.py": "y\n",
        "after/a.ini": "[a]\nb\n",
        "after/made.py": "made = 1\n",
    }
    assert prove_case(MAKE, files) == []


def test_file_that_is_not_made_fails(prove_case: Prove) -> None:
    failures = prove_case(RENAME, {"before/m.py": "x\n", "after/m.py": "y\n", "after/made.py": "made = 1\n"})
    assert "-made = 1\n" in failures[0].message


def test_coroutine_that_nobody_awaits_is_red(prove_case: Prove) -> None:
    text = "import gc\n\nasync def f(): pass\n\n\ndef test_it():\n    {} = f()\n    del {}\n    gc.collect()\n"
    files = {
        "before/test_it.py": text.format("x", "x"),
        "after/test_it.py": text.format("y", "y"),
        "case.toml": "[run]\nbefore = 'red'\nafter = 'green'\n",
    }
    (failure,) = prove_case(RENAME, files)
    assert "after: expected green, found red" in failure.message
    assert "PytestUnraisableExceptionWarning" in failure.message


CLIENT = """\
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

def answer(request): return PlainTextResponse("yes")

app = Starlette(routes=[Route("/x", answer), Route("/y", answer)])
{} = "/x"


def test_one(): assert TestClient(app).get(f"/{{next(iter({{'x', 'y'}} & set(globals())))}}").status_code == 200
def test_two(): assert TestClient(app).get("/x").status_code == 200
def test_red(): assert "y" in globals() or {}
"""


@pytest.mark.parametrize(("before", "failed"), [("green", ["exchanges"]), ("red", [])])
def test_exchanges_are_compared_where_the_tests_are_green(before: str, failed: list[str], prove_case: Prove) -> None:
    pytest.importorskip("starlette")
    pytest.importorskip("httpx")
    files = {
        "before/test_it.py": CLIENT.format("x", before == "green"),
        "after/test_it.py": CLIENT.format("y", before == "green"),
        "case.toml": f"[run]\nbefore = '{before}'\nafter = 'green'\n",
    }
    failures = prove_case(RENAME, files)
    assert [failure.proof for failure in failures] == failed
    for failure in failures:
        assert failure.message.startswith("test_it.py::test_one: before [['GET', '/x', 200, '")
        assert "['GET', '/y', 200, '" in failure.message


@pytest.mark.parametrize(
    ("run", "after", "failing"),
    [
        ("evidence = true\nbefore = 'red'\nafter = 'green'", "2)\n    above(2)\n", set()),
        ("before = 'red'", "1)\n    above(1)\n", set()),  # nothing is known
        ("evidence = true", "2)\n    above(1)\n", {"result", "crlf"}),
    ],
)
def test_tells_a_codemod_what_the_tests_say_until_it_proposes_nothing(
    prove_case: Prove, run: str, after: str, failing: set[str]
) -> None:
    test = "def above(n):\n    assert n > 1\n\ndef test_it():\n    above("
    files = {"before/test_it.py": f"{test}1)\n    above(1)\n", "after/test_it.py": f"{test}{after}"}
    assert proofs(prove_case(LISTEN, {**files, "case.toml": f"[run]\n{run}\n"})) == failing
