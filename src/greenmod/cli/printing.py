"""Results to stdout (or a file), everything else to stderr. Colour and progress only where a person looks.

A diff never passes through rich's markup, and its bytes don't depend on the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from greenmod.errors import UsageError
from greenmod.report.report import Report

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_COLOURS = {"+": "green", "-": "red", "@": "cyan", "#": "bold"}


class Printer:
    """Prints one run's progress and its report; to be left as a context, lest a bar outlives it.

    `output` is a file for the result. That it can't be written is a UsageError before the work and not after it.
    """

    def __init__(self, output: Path | None) -> None:
        self._output = output
        if output is not None:
            self._bytes(b"")
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Printer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def begin(self, stage: str, total: int | None) -> None:
        """Show a bar for a stage of work on `total` files or tests; None where nobody knows how many there will be."""
        self._end()
        if not sys.stderr.isatty() or (total is not None and total < 50):
            return
        from rich.console import Console
        from rich.progress import Progress

        # What is printed meanwhile is not rich's business: it would put streams back that others have changed since.
        console = Console(stderr=True)
        self._progress = Progress(console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._progress.start()
        self._task = self._progress.add_task(stage, total=total)

    def advance(self, count: int = 1) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task, count)

    def tell(self, sentence: str) -> None:
        """Print a sentence about work that goes on."""
        self._end()
        with _to_whoever_reads(sys.stderr):
            print(sentence, file=sys.stderr)

    def print_report(self, report: Report, form: str, show_skips: bool) -> None:
        """Print the result as `form`, and what it comes to."""
        from greenmod.report import text
        from greenmod.report.verdicts import verification_text

        self._end()
        if form == "patch":
            from greenmod.report.patch import patch

            self._bytes(patch(report.rendering))
        elif form == "json":
            from greenmod.report.document import report_json

            self._bytes(report_json(report).encode("utf-8", "surrogateescape"))
        elif form == "junit":
            from greenmod.report.junit import junit_xml

            self._bytes(junit_xml(report.verification))
        elif form == "diff":
            self._lines(text.diff_text(report))
        skips = text.skip_text(report.plan.skips) if show_skips else ()
        remarks = (*text.problem_text(report.all_problems), *skips, *verification_text(report))
        summary = tuple(text.summary_text(report))
        if form == "summary":
            self._bytes("".join(summary).encode("utf-8", "surrogateescape"))
            summary = ()
        with _to_whoever_reads(sys.stderr):
            sys.stderr.writelines((*remarks, *summary))

    def print_text(self, text: str, summary: Iterable[str]) -> None:
        """Print a result as it is, and what it comes to."""
        self._end()
        self._bytes(text.encode("utf-8", "surrogateescape"))
        with _to_whoever_reads(sys.stderr):
            sys.stderr.writelines(summary)

    def _lines(self, lines: Iterable[str]) -> None:
        if self._output is None and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            _print_coloured(lines)
        else:
            self._bytes("".join(lines).encode("utf-8", "surrogateescape"))

    def _bytes(self, data: bytes) -> None:
        if self._output is None:
            with _to_whoever_reads(sys.stdout):
                sys.stdout.buffer.write(data)
            return
        try:
            self._output.write_bytes(data)
        except OSError as error:
            raise UsageError(
                f"--output {self._output}: {error.strerror}", "Name a file that can be written."
            ) from error

    def _end(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


@contextmanager
def _to_whoever_reads(stream: TextIO) -> Iterator[None]:
    """Print to a stream whose reader may have gone away (`| head`): the exit code still tells the rest."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # for what is still in the buffer


def _print_coloured(lines: Iterable[str]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        console.print(Text(line, style=_COLOURS.get(line[:1], "")), end="", soft_wrap=True)
