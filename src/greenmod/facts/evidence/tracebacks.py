"""Text in which exceptions are shown, read back: pytest's styles of tracebacks, Python's own, and what was captured.

Nothing here reads the file system.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from greenmod.facts.evidence.observation import Frame, Origin

Locate = Callable[[str], str | None]

_CHAINS = {
    "The above exception was the direct cause of the following exception:": Origin.CAUSE,
    "During handling of the above exception, another exception occurred:": Origin.CONTEXT,
}
_MARGIN = re.compile(r"\s*(?:\| ?|\+ (?=Exception Group Traceback))")  # that groups draw beside what they hold
_MEMBER = re.compile(r"\s*\+[-+]*-+ (?:\d+|\.\.\.) -+$")
_GROUP_ENDS = re.compile(r"\s*\+-+$")
_BEGIN = re.compile(r"\s*(?:Exception Group )?Traceback \(most recent call last\):$")
# `  File "app/shop.py", line 12, in buy`, and loguru's, whose last one has a `>` before it.
_NATIVE = re.compile(r'[\s>│└]*File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>\S+))?')
# `app/shop.py:12: in buy`, `app/shop.py:12: TypeError`, `app/shop.py:12: ` and `app/shop.py:12: TypeError: no luck`.
_PLACE = re.compile(
    r"(?P<path>[^\s:<>](?:[^:<>]|:[\\/])*\.\w+):(?P<line>\d+):"
    r"(?: in (?P<function>\S+)| (?P<type>[\w.]+)(?P<message>: .*)?| ?)$"
)
_ERROR = re.compile(r"E   ( *)(.*)$|E$")
_EXCEPTION = re.compile(r"(?P<type>[A-Za-z_][\w.]*(?:\.<locals>[\w.]*)*)(?:: (?P<message>.*))?$", re.DOTALL)
_DEFINITION = re.compile(r"\s*(?:async )?def (\w+)")
_CARETS = re.compile(r"[\s^~]+$")
_LOGGED = re.compile(r"(?:CRITICAL|ERROR|WARNING|INFO|DEBUG)\s+(?P<logger>[\w.]+):(?P<file>[\w.]+):(?P<line>\d+) ")
_SPEAKS_OF_ERRORS = re.compile(r"error|exception|critical|fail|warning|traceback|\"detail\"", re.IGNORECASE)
_MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Told:
    """An exception as a text shows it; `type` is empty where the text only speaks of one."""

    type: str
    message: str
    frames: tuple[Frame, ...]
    origin: Origin


def read_traceback(text: str, locate: Locate) -> tuple[Told, ...]:
    """Return the exceptions of what pytest says of one failure, in the order in which they are shown.

    `locate` turns a path as it is written into one of the repository, None for others.
    """
    reader = _Reader(locate)
    for line in text.splitlines():
        reader.take(line)
    reader.end()
    return tuple(reader.found)


def read_output(text: str, locate: Locate) -> tuple[Told, ...]:
    """Return what captured text says of errors: its tracebacks, and single lines that speak of one."""
    reader = _Reader(locate)
    lines: list[Told] = []
    for line in text.splitlines():
        reader.is_over_after_line = True
        if not reader.take(line) and _SPEAKS_OF_ERRORS.search(line):
            lines.append(Told("", line.strip(), _logged_at(line, locate), Origin.OUTPUT))
    reader.end()
    raised = (replace(one, origin=Origin.OUTPUT) if one.origin is Origin.RAISED else one for one in reader.found)
    return tuple(dict.fromkeys((*raised, *lines[:_MOST_LINES])))


def read_exception(text: str) -> tuple[str, str]:
    """Part `TypeError: no luck` into type and message; the type is empty where there is none."""
    if text.startswith("assert "):  # pytest leaves the name away
        return "AssertionError", text
    match = _EXCEPTION.match(text)
    return (match["type"], match["message"] or "") if match else ("", text)


def _logged_at(line: str, locate: Locate) -> tuple[Frame, ...]:
    """Return the place that pytest's captured log names by its logger: `ERROR    app.shop:shop.py:12 no luck`."""
    match = _LOGGED.match(line)
    if match is None:
        return ()
    stem = match["logger"].replace(".", "/")
    path = next(filter(None, map(locate, (f"{stem}.py", f"{stem}/__init__.py"))), None)
    is_named = path is not None and path.endswith(match["file"])
    return (Frame(path, int(match["line"])),) if path is not None and is_named else ()


class _Reader:
    """Takes line after line, and gathers what is `found`."""

    def __init__(self, locate: Locate) -> None:
        self.found: list[Told] = []
        self.is_over_after_line = False  # an exception's message, where anything may follow it
        self._locate = locate
        self._frames: list[Frame] = []
        self._said: list[str] = []  # by the exception itself
        self._type = ""
        self._indent = 0  # of what it said first
        self._source = ""  # the last line that was pointed at
        self._function = ""
        self._is_native = False
        self._is_named = False  # the exception, in Python's own style
        self._is_member = False
        self._awaits_text = False
        self._is_known = False  # the file of the last place

    def take(self, raw: str) -> bool:
        """Take a line; False if it belongs to no exception."""
        if _MEMBER.match(raw):
            self.end()
            self._is_native = self._is_member = True
            return True
        if _GROUP_ENDS.match(raw):
            self.end()
            self._is_member = False
            return True
        margin = _MARGIN.match(raw)
        line = raw[margin.end() :] if margin else raw
        if (origin := _CHAINS.get(line.strip())) is not None:
            self.end()
            if self.found:
                self.found[-1] = replace(self.found[-1], origin=origin)
            return True
        if _BEGIN.match(line):
            if self._frames or self._said:
                self.end()
            self._is_native = True
            return True
        return self._take_native(line) if self._is_native else self._take_pytest(line)

    def end(self) -> None:
        """Have what was taken so far be one exception."""
        text = "\n".join(self._said).strip()
        if text or self._type:
            type_, message = read_exception(text)
            if self._type and type_.rpartition(".")[2] != self._type.rpartition(".")[2]:
                type_, message = self._type, text
            origin = Origin.MEMBER if self._is_member else Origin.RAISED
            self.found.append(Told(type_, message, tuple(self._frames), origin))
        self._frames, self._said = [], []
        self._type = self._source = self._function = ""
        self._is_native = self._is_named = self._awaits_text = False

    def _take_native(self, line: str) -> bool:
        if match := _NATIVE.match(line):
            self._add(match["path"], match["line"], match["function"] or "", "")
            self._awaits_text = True
        elif self._is_named:
            if not line.strip() or self.is_over_after_line:
                self.end()
                return False
            self._said.append(line)
        elif line[:1].strip():
            self._is_named = True
            self._said.append(line)
        elif self._awaits_text and not _CARETS.match(line):
            self._show(line)
        return True

    def _take_pytest(self, line: str) -> bool:
        if match := _ERROR.match(line):
            self._indent = self._indent if self._said else len(match[1] or "")
            self._said.append(f"{(match[1] or '')[self._indent :]}{match[2] or ''}")
        elif match := _PLACE.match(line):
            self._add(match["path"], match["line"], match["function"] or self._function, self._source)
            self._type = match["type"] or ""
            self._awaits_text = match["function"] is not None
            self._source = self._function = ""
            if match["message"]:  # all in one line, as `--tb=line` has it
                self._said, said = [f"{self._type}{match['message']}"], self._said
                self.end()
                self._said = said
        elif line.startswith(">"):
            self._source = line[1:].strip()
        elif self._awaits_text and line.startswith("    ") and not _CARETS.match(line):
            self._show(line)
        elif (match := _DEFINITION.match(line)) and not self._source:
            self._function = match[1]
        else:
            return False
        return True

    def _add(self, written: str, line: str, function: str, text: str) -> None:
        path = self._locate(written)
        self._awaits_text = False
        self._is_known = path is not None
        if path is not None:
            self._frames.append(Frame(path, int(line), function, text=text))

    def _show(self, line: str) -> None:
        """Take the line that the last frame is at."""
        self._awaits_text = False
        if self._is_known:
            self._frames[-1] = replace(self._frames[-1], text=line.strip())
