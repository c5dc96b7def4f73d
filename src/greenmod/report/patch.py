"""Unified diffs in bytes, as `git apply` takes them: any encoding, any line end, with or without a last newline."""

from __future__ import annotations

from collections.abc import Iterator

from greenmod.apply import Rendering
from greenmod.engine.lines import grouped, opcodes, split_lines


def patch(rendering: Rendering) -> bytes:
    """Return one patch for all files of a rendering that differ."""
    return b"".join(
        file_patch(path, rendering.before[path], after)
        for path, after in rendering.after.items()
        if rendering.before[path] != after
    )


def file_patch(path: str, before: bytes | None, after: bytes | None) -> bytes:
    """Return the patch of one file; None stands for no file."""
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = [b"diff --git %s %s\n" % (old, new)]
    if before is None:
        head.append(b"new file mode 100644\n")
    if after is None:
        head.append(b"deleted file mode 100644\n")
    head.append(b"--- %s\n" % (_ended(old) if before is not None else b"/dev/null"))
    head.append(b"+++ %s\n" % (_ended(new) if after is not None else b"/dev/null"))
    return b"".join((*head, *hunks(before or b"", after or b"")))


def hunks(before: bytes, after: bytes) -> Iterator[bytes]:
    """Yield the hunks between two texts."""
    old, new = split_lines(before), split_lines(after)
    for group in grouped(opcodes(old, new)):
        first, last = group[0], group[-1]
        yield b"@@ -%s +%s @@\n" % (_range(first[1], last[2]), _range(first[3], last[4]))
        for tag, i, j, k, m in group:
            if tag == "equal":
                yield from (_line(b" ", line) for line in old[i:j])
            else:
                yield from (_line(b"-", line) for line in old[i:j])
                yield from (_line(b"+", line) for line in new[k:m])


def _line(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + b"\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> bytes:
    size = end - start
    # A range of no lines names the line before it.
    first = start + 1 if size else start
    return b"%d" % first if size == 1 else b"%d,%d" % (first, size)


def _quoted(name: str) -> bytes:
    """Quote a file name the way git does, where it must."""
    data = name.encode("utf-8", "surrogateescape")
    if not any(byte < 32 or byte in b'"\\' or byte == 127 for byte in data):
        return data
    escapes = {ord("\t"): b"\\t", ord("\n"): b"\\n", ord("\r"): b"\\r", ord('"'): b'\\"', ord("\\"): b"\\\\"}
    parts = (escapes.get(byte) or (b"\\%03o" % byte if byte < 32 or byte == 127 else bytes((byte,))) for byte in data)
    return b'"' + b"".join(parts) + b'"'


def _ended(name: bytes) -> bytes:
    """End a name that holds spaces with a tab, so that it is read whole."""
    return name + b"\t" if b" " in name and not name.startswith(b'"') else name
