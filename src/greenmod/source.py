"""One file's bytes and text: encoding, byte order mark, line ends, and the way from characters to bytes.

Bytes that no edit covers are never re-encoded. A file whose bytes don't survive decode → encode is refused.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from greenmod.discover import is_python
from greenmod.errors import FileError

_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file. `text` has no byte order mark and keeps its line ends as they are."""

    path: str
    data: bytes
    text: str
    encoding: str
    bom: bytes

    @property
    def sha256(self) -> str:
        return digest(self.data)

    @property
    def newline(self) -> str:
        """The line end used most often; `\\n` in a file of one line."""
        crlf = self.text.count("\r\n")
        counts = {
            "\n": self.text.count("\n") - crlf,
            "\r\n": crlf,
            "\r": self.text.count("\r") - crlf,
        }
        best = max(counts, key=lambda end: counts[end])
        return best if counts[best] else "\n"

    def encode(self, text: str) -> bytes:
        """Encode inserted text. Raises FileError where the file's encoding lacks a character."""
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise FileError(
                self.path,
                f"its encoding {self.encoding} can't hold {text[error.start : error.end]!r}",
                "Convert the file to UTF-8, or leave it out with `exclude`.",
                kind="encoding",
            ) from error

    def byte_offsets(self, indexes: Iterable[int]) -> dict[int, int]:
        """Map character indexes of `text` to byte offsets of `data`, in one pass."""
        base = len(self.bom)
        if self.text.isascii():
            return {index: base + index for index in indexes}
        offsets: dict[int, int] = {}
        at = 0
        for index in sorted(set(indexes)):
            base += len(self.text[at:index].encode(self.encoding))
            at = index
            offsets[index] = base
        return offsets

    def with_newlines(self, text: str) -> str:
        """Return inserted `text` with this file's line ends."""
        if not _LINE_END.search(text):
            return text
        return _LINE_END.sub(self.newline.replace("\\", r"\\"), text)


def digest(data: bytes) -> str:
    """Return the sha256 of `data` in hexadecimal."""
    return sha256(data).hexdigest()


def plain_newlines(text: str) -> str:
    """Return `text` with `\\n` for each line end."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def line_starts(text: str) -> list[int]:
    """Return the character index of each line's start, as Python's tokenizer counts lines (never `str.splitlines`)."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def read_bytes(path: Path, shown: str) -> bytes:
    """Read a file whole. Raises FileError, naming it as `shown`; FileNotFoundError is left to the caller."""
    try:
        # Without waiting: a named pipe called `….py` is empty.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            chunks = []
            while chunk := os.read(descriptor, 1 << 20):
                chunks.append(chunk)
            return b"".join(chunks)
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FileError(
            shown,
            f"can't be read: {error.strerror or error}",
            "Check its permissions, or leave it out with `exclude`.",
        ) from error


def decode(path: str, data: bytes) -> Source:
    """Decode a file by its byte order mark, or a Python file's coding cookie (PEP 263). Raises FileError."""
    encoding = "utf-8"
    is_marked = data.startswith(_BOM)
    if is_python(path) and (is_marked or _has_cookie_word(data)):
        encoding = _declared_encoding(path, data)
    elif is_marked:
        encoding = "utf-8-sig"
    bom = _BOM if encoding == "utf-8-sig" else b""
    if bom:
        encoding = "utf-8"
    body = data[len(bom) :]
    try:
        text = body.decode(encoding)
        is_exact = text.encode(encoding) == body and (encoding == "utf-8" or _is_plain(text, encoding, len(body)))
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise FileError(
            path,
            f"byte 0x{body[error.start]:02x} is not valid {encoding}",
            "Save the file as UTF-8, or declare its encoding in the first line (PEP 263).",
            line=line,
            kind="encoding",
        ) from error
    except (UnicodeError, LookupError) as error:  # `undefined`, `rot13` and their like
        raise FileError(path, f"its encoding {encoding} can't be used: {error}", kind="encoding") from error
    if not is_exact:
        raise FileError(path, f"its bytes don't survive decoding and encoding as {encoding}", kind="encoding")
    return Source(path, data, text, encoding, bom)


def _has_cookie_word(data: bytes) -> bool:
    """Tell whether a coding cookie can stand in the first two lines (PEP 263): else there is nothing to detect."""
    second = data.find(b"\n", data.find(b"\n") + 1)
    return data.find(b"coding", 0, second if second >= 0 else len(data)) >= 0


def _is_plain(text: str, encoding: str, size: int) -> bool:
    """Tell whether ASCII is ASCII and no character depends on the one before: only then can parts be encoded alone.

    UTF-7, UTF-16 and what shifts (ISO-2022, HZ) are not plain.
    """
    printable = bytes(range(32, 127))
    return (
        printable.decode().encode(encoding) == printable
        and sum(len(char.encode(encoding)) * count for char, count in Counter(text).items()) == size
    )


def load(root: Path, path: str) -> Source:
    """Read and decode `path` under `root`. Raises FileError; FileNotFoundError if it is gone."""
    return decode(path, read_bytes(root / path, path))


def _declared_encoding(path: str, data: bytes) -> str:
    import tokenize

    lines = (match[0] for match in _LINE.finditer(data))
    try:
        return tokenize.detect_encoding(lambda: next(lines, b""))[0]
    except (SyntaxError, UnicodeDecodeError) as error:
        raise FileError(
            path,
            f"its encoding is unknown: {error}",
            "Save the file as UTF-8, or correct the coding line (PEP 263).",
            kind="encoding",
        ) from error
