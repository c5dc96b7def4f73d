"""Bytes to text and back: encodings, marks, line ends, and what is refused because it could not be exact."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenmod.errors import FileError
from greenmod.source import decode, digest, line_starts, load, read_bytes

ENCODINGS = ["utf-8", "latin-1", "cp1252", "shift_jis", "euc-jp", "gbk", "big5", "gb18030", "koi8-r", "mac-roman"]
CHARACTERS = "aZ1_ '\"#\\~+\n\r\té€日本яñ𝒳ﬀ"


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"x", "utf-8", "x"),
        (b"", "utf-8", ""),
        ("é".encode(), "utf-8", "é"),
        (b"\xef\xbb\xbfx", "utf-8", "x"),
        (b"\xef\xbb\xbf# coding: utf-8\nx", "utf-8", "# coding: utf-8\nx"),
        (b"# coding: latin-1\n\xe9", "iso-8859-1", "# coding: latin-1\né"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n\x80", "cp1252", None),
        (b"\n# coding=latin-1\n\xe9", "iso-8859-1", "\n# coding=latin-1\né"),
        (b"# coding: latin-1\r\xe9", "iso-8859-1", "# coding: latin-1\ré"),
        (b"#\r# coding: latin-1\r\xe9", "iso-8859-1", "#\r# coding: latin-1\ré"),
        (b"x = 1\n# coding: klingon\n", "utf-8", "x = 1\n# coding: klingon\n"),
        (b"#\n#\n# coding: klingon\n", "utf-8", "#\n#\n# coding: klingon\n"),
        (b"# encoding is: klingon\n", "utf-8", "# encoding is: klingon\n"),
        (b"# coding: iso-2022-jp\nx", "iso-2022-jp", "# coding: iso-2022-jp\nx"),
    ],
)
def test_decodes_by_mark_or_cookie(data: bytes, encoding: str, text: str | None) -> None:
    source = decode("m.py", data)
    assert source.encoding == encoding
    assert text is None or source.text == text
    assert source.bom + source.text.encode(source.encoding) == data
    assert source.sha256 == digest(data)


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"x\n\xff", 2, "byte 0xff is not valid utf-8"),
        (b"\xef\xbb\xbfx\n\xff", 2, "byte 0xff is not valid utf-8"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "its encoding is unknown"),
        (b"# coding: klingon\n", 1, "its encoding is unknown: unknown encoding: klingon"),
        (b"# coding: latin-1\xff\n", 1, "its encoding is unknown"),
        (b"# coding: cp1252\n\x81", 2, "byte 0x81 is not valid cp1252"),
        (b"# coding: rot13\n", 1, "can't be used"),
        (b"# coding: zlib\n", 1, "can't be used"),
        (b"# coding: undefined\n", 1, "can't be used"),
        (b"# coding: idna\n", 1, "can't be used"),
        (b"# coding: unicode_escape\n", 1, "don't survive"),
        (b"# coding: utf-7\nx = 1 +- 2\n", 1, "don't survive"),
        (b"# coding: utf-16\n\n", 1, "don't survive"),
        (b"# coding: utf-16-le\n", 1, "don't survive"),
        (b"# coding: hz\n~{;3;3~}\n", 1, "don't survive"),
        (b"# coding: iso-2022-jp\n\x1b$B;3;3\x1b(B", 1, "don't survive"),
        (b"# coding: cp500\n", 1, "don't survive"),
    ],
)
def test_refuses_what_could_not_be_exact(data: bytes, line: int, words: str) -> None:
    with pytest.raises(FileError, match=words) as caught:
        decode("m.py", data)
    assert (caught.value.path, caught.value.line, caught.value.kind) == ("m.py", line, "encoding")


@given(text=st.text(CHARACTERS), encoding=st.sampled_from(ENCODINGS), mark=st.booleans(), data=st.data())
def test_any_character_is_found_at_its_bytes(text: str, encoding: str, mark: bool, data: st.DataObject) -> None:
    body = f"# coding: {encoding}\n{text}".encode(encoding, "ignore")
    source = decode("m.py", b"\xef\xbb\xbf" + body if mark and encoding == "utf-8" else body)
    indexes = data.draw(st.lists(st.integers(0, len(source.text)), max_size=5))
    for index, offset in source.byte_offsets(indexes).items():
        assert source.data[len(source.bom) : offset].decode(source.encoding) == source.text[:index]
        assert source.data[offset:].decode(source.encoding) == source.text[index:]


def test_only_python_files_have_coding_lines() -> None:
    data = b"# coding: latin-1\n\xc3\xa9\n"
    assert decode("script", data).text == "# coding: latin-1\nÃ©\n"
    assert decode("setup.cfg", data).text == "# coding: latin-1\né\n"
    assert decode("setup.cfg", b"\xef\xbb\xbf" + data).encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("x", "\n"),
        ("x\r\ny\r\nz\n", "\r\n"),
        ("x\ry\rz\n", "\r"),
        ("x\ny\r\n", "\n"),
        ("x\r\ny\r", "\r\n"),
    ],
)
def test_knows_the_line_end_used_most(text: str, newline: str) -> None:
    source = decode("m.py", text.encode())
    assert source.newline == newline
    assert source.with_newlines("a\nb\r\nc\rd") == newline.join("abcd")
    assert source.with_newlines("a") == "a"


@pytest.mark.parametrize(
    ("text", "starts"),
    [("", [0]), ("a", [0]), ("a\nb\r\nc\rd\n", [0, 2, 5, 7, 9]), ("\x0c\x0b\x1c\x85\u2028\n", [0, 6])],
)
def test_counts_lines_as_the_tokenizer_does(text: str, starts: list[int]) -> None:
    assert line_starts(text) == starts


def test_refuses_text_that_the_encoding_lacks() -> None:
    source = decode("m.py", b"# coding: latin-1\n")
    assert source.encode("é") == b"\xe9"
    with pytest.raises(FileError, match="its encoding iso-8859-1 can't hold '→'"):
        source.encode("é→")


def test_reads_a_file_whole(tmp_path: Path) -> None:
    data = os.urandom(3 << 20)
    (tmp_path / "m.py").write_bytes(data)
    assert read_bytes(tmp_path / "m.py", "m.py") == data


def test_reads_a_file_by_its_name_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "é.py").write_bytes(b"\xef\xbb\xbfx\r\n")
    assert load(tmp_path, "é.py").text == "x\r\n"


def test_leaves_a_missing_file_to_the_caller_and_names_an_unreadable_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path, "gone.py")
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(FileError, match=r"folder\.py:1: can't be read"):
        load(tmp_path, "folder.py")
