"""A new text for a file is as few edits of whole lines as can be, and keeps how the file is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.api import TextChange
from greenmod.apply import rewrite
from greenmod.engine.propose import propose
from greenmod.engine.work import Piece, Proposal, Refusal, Task, TextWork
from greenmod.model import Edit, Safety, Skip

ProposeText = Callable[..., Proposal]
LINES = st.lists(st.sampled_from(["a", "b", "c", "", "é"]), max_size=8).map("\n".join)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def work(path: str, text: str, group: str = "g") -> TextWork:
    return TextWork("set-it", Safety.SAFE, TextChange(path, text, group, "Set it", "because", ("other",)))


@pytest.fixture
def propose_text(tmp_path: Path) -> ProposeText:
    def run(data: bytes | None, text: str, path: str = "setup.cfg") -> Proposal:
        if data is not None:
            (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / path).write_bytes(data)
        return propose(tmp_path, Task(path, (), texts=(work(path, text),)))

    return run


@pytest.mark.parametrize(
    ("data", "text", "spans"),
    [
        (b"[a]\nx = 1\n", "[a]\nx = 1\ny = 2\n", ((10, 10, "y = 2\n"),)),
        (b"[a]\nx = 1", "[a]\nx = 1\ny = 2\n", ((9, 9, "\ny = 2\n"),)),
        (b"[a]\nx = 1\n[b]\n", "[a]\nx = 1\ny = 2\n[b]\n", ((10, 10, "y = 2\n"),)),
        (b"[a]\nx = 1\nz = 3\n", "[a]\nx = 2\nz = 3\n", ((4, 10, "x = 2\n"),)),
        (b"[a]\nx = 1\nz = 3\n", "[a]\nz = 3\n", ((4, 10, ""),)),
        (b"a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\nf\n", ((0, 2, "A\n"), (10, 10, "f\n"))),
        (b"[a]\r\nx = 1\r\n", "[a]\nx = 1\ny = 2\n", ((12, 12, "y = 2\r\n"),)),
        (b"[a]\nx\r\n\r\n", "[a]\nx\n\ny\n", ((9, 9, "y\r\n"),)),
        (b"\xef\xbb\xbf\xc3\xa9\nx\n", "é\nx\nü\n", ((8, 8, "ü\n"),)),
        (b"", "x\n", ((0, 0, "x\n"),)),
        (b"x\n", "", ((0, 2, ""),)),
        (b"a\n", "a\r\nb\r\n", ((2, 2, "b\n"),)),
    ],
)
def test_only_the_lines_that_differ_are_edited(
    data: bytes, text: str, spans: tuple[tuple[int, int, str], ...], propose_text: ProposeText
) -> None:
    (piece,) = propose_text(data, text).pieces
    assert piece.spans == spans


@given(old=LINES, new=LINES, end=ENDS, mark=st.sampled_from([b"", b"\xef\xbb\xbf"]))
def test_edits_give_the_text_with_the_files_own_line_ends(
    old: str, new: str, end: str, mark: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("texts")
    data = mark + old.replace("\n", end).encode()
    (root / "a.ini").write_bytes(data)
    found = propose(root, Task("a.ini", (), texts=(work("a.ini", new),)))
    edits = [Edit("a.ini", *span) for piece in found.pieces for span in piece.spans]
    own = end if "\n" in old else "\n"
    assert rewrite("a.ini", data, edits) == mark + new.replace("\n", own).encode()
    assert bool(edits) == (old != new)


def test_describes_a_change(propose_text: ProposeText) -> None:
    found = propose_text(b"a\n", "a\nb\n")
    assert found.pieces == (
        Piece("set-it", "setup.cfg", ("g",), "Set it", "because", Safety.SAFE, "", 2, ((2, 2, "b\n"),), ("other",), ()),
    )


def test_line_may_be_given(tmp_path: Path) -> None:
    text = TextChange("new.ini", "x\n", "g", "Make it", line=7)
    (piece,) = propose(tmp_path, Task("new.ini", (), texts=(TextWork("set-it", Safety.SAFE, text),))).pieces
    assert piece.line == 7


def test_text_that_the_file_has_already_is_no_change(propose_text: ProposeText) -> None:
    assert propose_text(b"a\r\nb", "a\nb") == Proposal("setup.cfg", propose_text(b"a\r\nb", "").sha256)


def test_file_that_is_not_there_is_made(propose_text: ProposeText) -> None:
    found = propose_text(None, "import os\n", path="deep/conftest.py")
    assert (found.sha256, found.problems) == (None, ())
    assert [(piece.path, piece.spans) for piece in found.pieces] == [("deep/conftest.py", ((0, 0, "import os\n"),))]


@pytest.mark.parametrize(
    ("data", "text", "path", "kind", "words"),
    [
        (b"x = 1\n", "x = \n", "a.py", "codemod", "its text for a.py is not valid Python: invalid syntax"),
        (None, "def\n", "new.py", "codemod", "its text for new.py is not valid Python"),
        (b"print 1\n", "print 1\nx = 1\n", "a.py", "syntax", "is not valid Python 3"),
        (b"# coding: latin-1\n", "# coding: latin-1\nx = '→'\n", "a.py", "encoding", "can't hold '→'"),
        (b"\xff", "x\n", "a.ini", "encoding", "byte 0xff is not valid utf-8"),
    ],
)
def test_text_that_can_not_be_is_a_problem_and_gives_its_group_up(
    data: bytes | None, text: str, path: str, kind: str, words: str, propose_text: ProposeText
) -> None:
    found = propose_text(data, text, path)
    (problem,) = found.problems
    (refusal,) = found.refusals
    assert (found.pieces, problem.kind, words in problem.message) == ((), kind, True)
    reason = f"{path}:{problem.line}: {problem.message}"
    assert refusal == Refusal("g", Skip("set-it", path, problem.line, "failed", reason))


def test_settings_are_text_whatever_they_say_of_a_coding(propose_text: ProposeText) -> None:
    (piece,) = propose_text(b"# coding: latin-1\nx = '\xc3\xa9'\n", "# coding: latin-1\nx = 'ü'\n").pieces
    assert piece.spans == ((18, 27, "x = 'ü'\n"),)


@pytest.mark.parametrize(
    ("data", "rule"), [(b"# @generated by a lock\nx\n", "generated"), (b"x\n# greenmod: ignore\n", "suppressed")]
)
def test_file_can_say_that_it_is_to_be_left_alone(data: bytes, rule: str, propose_text: ProposeText) -> None:
    found = propose_text(data, "x\ny\n")
    assert found.pieces == ()
    assert [(refusal.group, refusal.skip.rule) for refusal in found.refusals] == [("g", rule)]


def test_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "real.ini").write_text("x\n")
    (tmp_path / "link.ini").symlink_to("real.ini")
    found = propose(tmp_path, Task("link.ini", (), texts=(work("link.ini", "y\n"),)))
    skip = Skip("set-it", "link.ini", 1, "link", f"the path leads through a link to {tmp_path / 'real.ini'}")
    assert found == Proposal("link.ini", None, skips=(skip,), refusals=(Refusal("g", skip),))


def test_several_texts_for_one_file_stand_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "a.ini").write_text("a\nb\nc\n")
    texts = (work("a.ini", "A\nb\nc\n", "one"), work("a.ini", "a\nb\nc\nd\n", "two"))
    found = propose(tmp_path, Task("a.ini", (), texts=texts))
    assert [(piece.groups, piece.spans) for piece in found.pieces] == [
        (("one",), ((0, 2, "A\n"),)),
        (("two",), ((6, 6, "d\n"),)),
    ]
