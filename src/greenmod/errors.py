"""Every error that greenmod raises on purpose.

GreenmodError            message, remedy, exit code
├── UsageError           wrong arguments or configuration                       2
├── FileError            a file can't be read, parsed or written                3
│   └── StaleFileError   a file changed after the run was planned               3
├── VerifyError          the tests could not be run as promised                 4
├── CodemodError         a codemod broke its contract; its file is left alone   3
└── InternalError        a bug in greenmod                                      70
"""

from __future__ import annotations

from collections.abc import Iterable

from greenmod.model import ExitCode


class GreenmodError(Exception):
    """Base of the tree: what happened (with `path:line` where there is one) and what to do next."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class UsageError(GreenmodError):
    """Wrong arguments or configuration."""

    exit_code = ExitCode.USAGE


class FileError(GreenmodError):
    """A file can't be read, decoded, parsed or written. The engine turns it into a `Problem`."""

    exit_code = ExitCode.FILES

    def __init__(self, path: str, message: str, remedy: str = "", *, line: int = 1, kind: str = "unreadable") -> None:
        super().__init__(f"{path}:{line}: {message}", remedy)
        self.path = path
        self.line = line
        self.kind = kind
        self.reason = message


class StaleFileError(FileError):
    """A file is no longer what it was when the run was planned."""


class VerifyError(GreenmodError):
    """The tests could not be run as promised; nothing is known about the changes."""

    exit_code = ExitCode.VERIFY


class CodemodError(GreenmodError):
    """A codemod broke its contract; the engine turns it into a `Problem`."""

    exit_code = ExitCode.FILES


class InternalError(GreenmodError):
    """A bug in greenmod: an invariant did not hold."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean "…"?` for the closest of `known`, else for one that holds `word`, else an empty string."""
    import difflib

    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5) or [name for name in names if word in name]
    return f' Did you mean "{close[0]}"?' if close else ""
