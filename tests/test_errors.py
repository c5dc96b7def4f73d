"""The one error tree: message, remedy, exit code."""

from __future__ import annotations

import pytest

from greenmod.errors import (
    CodemodError,
    FileError,
    GreenmodError,
    InternalError,
    StaleFileError,
    UsageError,
    VerifyError,
    nearest,
)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UsageError, 2), (CodemodError, 3), (VerifyError, 4), (InternalError, 70), (GreenmodError, 70)],
)
def test_each_error_has_its_exit_code(kind: type[GreenmodError], code: int) -> None:
    assert kind("what", "do this").exit_code == code
    assert str(kind("what", "do this")) == "what\ndo this"
    assert str(kind("what")) == "what"


def test_error_of_a_file_names_its_place() -> None:
    error = StaleFileError("a.py", "changed", "Run again.", line=3, kind="stale")
    assert isinstance(error, FileError)
    assert str(error) == "a.py:3: changed\nRun again."
    assert (error.exit_code, error.path, error.line, error.kind, error.reason) == (3, "a.py", 3, "stale", "changed")


@pytest.mark.parametrize(
    ("word", "hint"),
    [("selct", ' Did you mean "select"?'), ("zzzz", "")],
)
def test_names_the_nearest_word(word: str, hint: str) -> None:
    assert nearest(word, ["select", "ignore"]) == hint
