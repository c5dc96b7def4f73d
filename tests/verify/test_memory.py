"""What is remembered of a verification, and when it is forgotten."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from greenmod.errors import VerifyError
from greenmod.verify.memory import Memory, remembering, variables
from greenmod.verify.outcomes import Ending
from greenmod.verify.transcript import Transcript

SAID = Transcript(('{"event": "begin", "id": "tä"}\n',), Ending.CRASHED, -9, "outpüt\n", 1.25)


def keep_until(error: BaseException, above: Path, *about: object) -> None:
    """Keep a transcript in a verification that ends with `error`."""
    with remembering(above, *about) as memory:
        memory.keep("key", SAID)
        raise error


def stop_after(above: Path, *about: object) -> None:
    """Keep a transcript in a verification that is stopped."""
    with pytest.raises(KeyboardInterrupt):
        keep_until(KeyboardInterrupt(), above, *about)


def test_recalls_what_was_kept_when_it_was_stopped(tmp_path: Path) -> None:
    stop_after(tmp_path, "about")
    with remembering(tmp_path, "about") as memory:
        assert memory.recall("key") == SAID
        assert memory.recall("another") is None


def test_forgets_everything_when_it_comes_to_its_end(tmp_path: Path) -> None:
    with remembering(tmp_path, "about") as memory:
        memory.keep("key", SAID)
    assert list(tmp_path.iterdir()) == []


def test_forgets_everything_when_it_can_not_be_carried_out(tmp_path: Path) -> None:
    with pytest.raises(VerifyError):
        keep_until(VerifyError("pytest could not run the tests", "Start the database."), tmp_path, "about")
    assert list(tmp_path.iterdir()) == []


def test_recalls_nothing_of_something_else(tmp_path: Path) -> None:
    stop_after(tmp_path, "about", 1)
    with remembering(tmp_path, "about", 2) as memory:
        assert memory.recall("key") is None
        memory.keep("key", SAID)
    with remembering(tmp_path, "about", 1) as memory:
        assert memory.recall("key") == SAID


def test_recalls_nothing_after_a_day(tmp_path: Path) -> None:
    stop_after(tmp_path, "about")
    (folder,) = tmp_path.iterdir()
    os.utime(folder, (time.time() - 86_401, time.time() - 86_401))
    with remembering(tmp_path, "about") as memory:
        assert memory.recall("key") is None


def test_looks_past_what_another_verification_forgets_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    stop_after(tmp_path, "about")
    with remembering(tmp_path, "about") as memory:
        assert memory.recall("key") == SAID


@pytest.mark.parametrize("spoil", [b"", b"{", b"[]", b'{"lines": []}', b"\xff", b'{"lines": 1}'])
def test_recalls_nothing_of_a_file_that_is_damaged(tmp_path: Path, spoil: bytes) -> None:
    stop_after(tmp_path, "about")
    (folder,) = tmp_path.iterdir()
    (folder / "key").write_bytes(spoil)
    with remembering(tmp_path, "about") as memory:
        assert memory.recall("key") is None


def test_takes_a_half_written_file_for_none(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    memory.keep("key", SAID)
    whole = (tmp_path / "memory" / "key").read_bytes()
    (tmp_path / "memory" / "other.17").write_bytes(whole[: len(whole) // 2])
    assert memory.recall("other") is None


def test_goes_without_where_it_can_not_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with remembering(tmp_path / "file", "about") as memory:
        memory.keep("key", SAID)
        assert memory.recall("key") is None


def test_keeps_nothing_without_a_folder() -> None:
    with remembering(None, "about") as memory:
        memory.keep("key", SAID)
        assert memory.recall("key") is None


def test_goes_by_all_variables_but_those_of_the_terminal() -> None:
    env = {"PATH": "/bin", "DATABASE_URL": "x", "SHLVL": "2", "TERM_SESSION_ID": "9", "TERMITE": "1", "_": "/bin/x"}
    assert variables(env) == (("DATABASE_URL", "x"), ("PATH", "/bin"), ("TERMITE", "1"))
