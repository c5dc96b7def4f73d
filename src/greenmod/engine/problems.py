"""Errors of one file or one codemod as Problems: the run goes on without it, and says so."""

from __future__ import annotations

import sys
from pathlib import Path

from greenmod.errors import FileError, GreenmodError
from greenmod.model import Problem


def file_problem(error: FileError) -> Problem:
    return Problem(error.path, error.line, error.kind, f"{error.reason}. {error.remedy}".removesuffix(". "))


def syntax_error(path: str, error: SyntaxError) -> FileError:
    """Return the error of a file that the running Python can't parse; a newer one might."""
    return FileError(
        path,
        f"is not valid Python {sys.version_info[0]}.{sys.version_info[1]}: {error.msg}",
        "Correct the file, leave it out with `exclude`, or use a newer Python.",
        line=error.lineno or 1,
        kind="syntax",
    )


def codemod_problem(path: str, name: str, error: Exception | SystemExit) -> Problem:
    """Report that a codemod failed on a file; nothing of what it did there is kept."""
    text = str(error) if isinstance(error, GreenmodError) else f"{type(error).__name__}: {error}{_place(error)}"
    return Problem(path, 1, "codemod", f"the codemod {name} failed here and changed nothing: {text}")


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
