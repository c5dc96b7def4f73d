"""Where output goes and what it depends on: the reader, the terminal, and nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

LONG = "old_name = 'a line that is much longer than forty columns, so that a narrow terminal would wrap it'\n"


@pytest.fixture
def many(project: Path) -> Path:
    """A project of eight files with changes, skips and a file that can't be parsed."""
    for number in range(8):
        (project / f"m{number}.py").write_text(LONG + f"def f(): return old_name, {number}\n")
    (project / "broken.py").write_text("old_name = (\n")
    return project


def test_is_the_same_however_the_work_is_done(many: Path, greenmod: Greenmod) -> None:
    plain = greenmod("run", "--show-skips", "--jobs", "1", "--no-cache")
    assert plain.returncode == 3
    assert plain.stdout.count("# Rename `old_name`") == 8
    ways: list[tuple[tuple[str, ...], dict[str, str]]] = [
        (("--jobs", "2", "--no-cache"), {}),
        (("--jobs", "1"), {"COLUMNS": "40"}),  # fills the cache
        (("--jobs", "1"), {"NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C", "PYTHONHASHSEED": "7"}),  # reads the cache
        ((), {"FORCE_COLOR": "1", "COLUMNS": "200", "CI": "true"}),
    ]

    for arguments, variables in ways:
        done = greenmod("run", "--show-skips", *arguments, **variables)
        assert (done.returncode, done.stdout) == (3, plain.stdout), arguments
        assert timeless(done.stderr) == timeless(plain.stderr), arguments


def timeless(text: str) -> str:
    return re.sub(r"\d+\.\d s", "0.0 s", text)


def on_terminal(project: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run greenmod on a pseudo terminal of forty columns; returns its exit code and all that it printed."""
    import pty

    command = [sys.executable, "-m", "greenmod", *arguments]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "40", **variables}
    terminal, end = pty.openpty()
    with subprocess.Popen(command, cwd=project, env=env, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        printed = b""
        try:
            while chunk := os.read(terminal, 1 << 16):
                printed += chunk
        except OSError:  # Linux says so when the last process has closed its end
            pass
        os.close(terminal)
    return process.returncode, printed.decode().replace("\r\n", "\n")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
def test_colours_a_diff_on_a_terminal_and_changes_no_word_of_it(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text(f"{LONG}x = '[bold]not markup[/bold] :smile:'\n")
    plain = greenmod("run")

    code, coloured = on_terminal(project, "run")
    _, bare = on_terminal(project, "run", NO_COLOR="1")

    assert code == 1
    assert f"\x1b[31m-{LONG.rstrip()}" in coloured
    assert "\x1b[32m+new_name = " in coloured
    assert timeless(re.sub(r"\x1b\[[\d;]*m", "", coloured)) == timeless(plain.stdout + plain.stderr)
    assert timeless(bare) == timeless(plain.stdout + plain.stderr)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
@pytest.mark.parametrize("is_interrupted", [False, True])
def test_shows_progress_on_a_terminal_and_clears_it_away(project: Path, is_interrupted: bool) -> None:
    """The result goes elsewhere all the while; the cursor that was hidden comes back."""
    import pty

    for number in range(60):
        (project / f"m{number}.py").write_text("old_name = 1\n")
    if is_interrupted:
        (project / "m59.py").write_text("old_name = 1\n" * 20_000)
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "greenmod", "run", "--format", "patch"]
    env = {**os.environ, "TERM": "xterm-256color"}
    patch = project.with_name("patch")
    with (
        patch.open("wb") as out,  # a pipe would fill up while only the terminal is read
        subprocess.Popen(command, cwd=project, env=env, stdin=end, stdout=out, stderr=end) as process,
    ):
        os.close(end)
        shown = b""
        try:
            while chunk := os.read(terminal, 1 << 16):
                shown += chunk
                if is_interrupted and b"rewriting" in shown:
                    process.send_signal(signal.SIGINT)
                    is_interrupted = False
        except OSError:
            pass
        os.close(terminal)

    assert shown.count(b"\x1b[?25l") == shown.count(b"\x1b[?25h") >= 1
    assert b"rewriting" in shown
    if process.returncode == 130:
        assert shown.endswith(b"greenmod: interrupted; every file is as it was, or whole and in `greenmod undo`\r\n")
    else:
        assert process.returncode == 1
        assert patch.read_text("utf-8").count("diff --git") == 60


COMMANDS = (("run",), ("run", "--format", "json"), ("run", "--format", "summary"), ("list",), ("-h",))


@pytest.mark.skipif(sys.platform == "win32", reason="no signals about pipes")
@pytest.mark.parametrize(("command", "code"), list(zip(COMMANDS, (1, 1, 1, 0, 0), strict=True)))
def test_keeps_its_exit_code_when_the_reader_goes_away(project: Path, command: tuple[str, ...], code: int) -> None:
    (project / "a.py").write_text(LONG * 800)  # more than a pipe holds
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "greenmod", *command], cwd=project, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)

    assert done.returncode == code
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no shell")
def test_writes_all_the_same_when_both_streams_have_no_reader(project: Path) -> None:
    (project / "a.py").write_text("old_name = 1\n")

    subprocess.run(f'"{sys.executable}" -m greenmod run --write 2>&1 | true', shell=True, cwd=project, check=True)

    deadline = time.monotonic() + 60  # the shell waits for `true`, and not for greenmod
    while (project / "a.py").read_text() != "new_name = 1\n":
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="no shell")
def test_works_with_closed_streams(project: Path) -> None:
    """A file that greenmod opens must not get the number of a stream, and be printed into."""
    (project / "a.py").write_text("old_name = 1\n")

    done = subprocess.run(
        f'"{sys.executable}" -m greenmod run --write <&- >&- 2>&-', shell=True, cwd=project, check=False
    )

    assert done.returncode == 0
    assert (project / "a.py").read_text() == "new_name = 1\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("command", COMMANDS)
def test_says_so_when_its_output_can_not_be_written(project: Path, command: tuple[str, ...]) -> None:
    (project / "a.py").write_text("old_name = 1\n")

    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "greenmod", *command], cwd=project, stdout=full, stderr=subprocess.PIPE, check=False
        )

    assert done.returncode == 3
    assert done.stderr.endswith(b"greenmod: the output can't be written: No space left on device\n")


def test_names_a_file_for_its_output_that_can_not_be_written_before_the_work(project: Path, greenmod: Greenmod) -> None:
    (project / "a.py").write_text("old_name = 1\n")

    done = greenmod("run", "--write", "--output", "no/such/folder")

    assert done.returncode == 2
    assert done.stderr == (
        "greenmod: --output no/such/folder: No such file or directory\nName a file that can be written.\n"
    )
    assert (project / "a.py").read_text() == "old_name = 1\n"


def test_keeps_what_a_codemod_prints_out_of_the_result(project: Path, greenmod: Greenmod) -> None:
    codemod = project / "codemods" / "rename_it.py"
    codemod.write_text(
        codemod.read_text().replace("        if self.scope", '        print("here")\n        if self.scope')
    )
    for name in ("a.py", "b.py"):
        (project / name).write_text("old_name = 1\n")

    for jobs in ("1", "2"):
        done = greenmod("run", "--format", "patch", "--jobs", jobs)
        assert "here" not in done.stdout
        assert done.stderr.count("here") == 2
