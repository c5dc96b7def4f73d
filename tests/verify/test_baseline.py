"""What the loop makes of tests that are flaky, or that can't be run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.errors import VerifyError

if TYPE_CHECKING:
    from tests.verify.conftest import Make

# Fails whenever the number of its run is among those named; the count lies outside of the sandbox.
FLAKY = """\
from pathlib import Path
def test_flaky():
    counter = Path({counter!r})
    run = int(counter.read_text()) if counter.exists() else 1
    counter.write_text(str(run + 1))
    assert run not in {failing}
def test_calm(): assert True
VALUE = 1
"""


@pytest.mark.parametrize(
    ("failing", "cheap"),
    [
        ((2, 3), 20.0),  # two baseline runs disagree
        ((3,), 20.0),  # it fails with the change, but not when that is repeated
        ((2, 4), 0.0),  # it fails with the change twice, and never without it, but not a third time
        ((2, 3, 4, 5, 6), 0.0),  # it fails with the change each time, and then without it as well
    ],
)
def test_never_lets_a_flaky_test_decide(make: Make, tmp_path: Path, failing: tuple[int, ...], cheap: float) -> None:
    project = make({"test_a.py": FLAKY.format(counter=str(tmp_path / "counter"), failing=failing)})
    project.propose("fine", "test_a.py", "VALUE = 1", "VALUE = 2")
    verification = project.verify(cheap=cheap)
    assert verification.kept == ("fine",)
    assert verification.flaky == ("test_a.py::test_flaky",)


def test_lets_a_test_decide_that_behaves_differently_alone(make: Make) -> None:
    project = make(
        {"test_a.py": "SEEN = []\ndef test_a(): SEEN.append(1)\ndef test_b(): assert SEEN and SEEN.pop() == 1\n"}
    )
    project.propose("wrong", "test_a.py", "append(1)", "append(2)")
    verification = project.verify()
    assert verification.flaky == ()
    assert [dropped.conviction.test for dropped in verification.dropped] == ["test_a.py::test_b"]


@pytest.mark.parametrize(
    ("files", "arguments", "message"),
    [
        ({"test_a.py": "VALUE = 1\n"}, (), "pytest found no tests(.|\n)*    rootdir: \\.\n"),
        (
            {"test_a.py": "VALUE = 1\n"},
            ("--nonsense",),
            "pytest could not run the tests .exit code 4.(.|\n)*--nonsense",
        ),
        ({"test_a.py": "VALUE = 1\n", "conftest.py": "import nothing_there\n"}, (), "No module named 'nothing_there'"),
        (
            {"test_a.py": "import os\nVALUE = 1\nos._exit(7)\n"},
            (),
            r"pytest crashed \(exit code 7\), before any change",
        ),
    ],
)
def test_stops_when_the_unchanged_tests_cannot_be_run(
    make: Make, files: Mapping[str, str], arguments: tuple[str, ...], message: str
) -> None:
    project = make(files)
    project.propose("any", "test_a.py", "VALUE = 1", "VALUE = 2")
    with pytest.raises(VerifyError, match=message):
        project.verify(*arguments)
