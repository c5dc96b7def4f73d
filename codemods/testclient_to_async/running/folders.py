"""The folders around the tests, nearest first: where a project's settings and dependencies are looked for.

Paths are POSIX and relative to the repository's root, which is `""`. Nothing here reads the file system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Read = Callable[[str], str | None]  # a file's text, None where there is no such file


def upwards(folder: str) -> Iterator[str]:
    """Yield `folder` and every folder above it, the root last."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def inside(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
