"""Where the modules that were imported come from: the sandbox, the project that it is a copy of, or libraries."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Origins:
    """Knows the project at `root`, its copy at `tree`, both real paths, and which of its files changes touch."""

    def __init__(self, root: str, tree: str, changed: Sequence[str]) -> None:
        self._root = root
        self._tree = tree
        self._changed = {name: path for path in changed for name in _possible_names(path)}

    def foreign(self) -> Iterator[tuple[str, str, str]]:
        """Yield the project's modules that came from the original tree, or from a copy among the installed packages."""
        for name, module in sorted(sys.modules.items()):
            file = _file_of(module)
            if file is None:
                continue
            if self._is_foreign(os.path.dirname(file)):
                yield name, file, file
            elif name in self._changed and not _is_inside(os.path.realpath(file), self._tree):
                path = self._changed[name]
                original = os.path.join(self._root, path)
                # The tree may hold what was there before, and the original what has become of it.
                if any(_is_same_text(file, place) for place in (original, os.path.join(self._tree, path))):
                    yield name, file, original

    def libraries(self) -> Iterator[str]:
        """Yield, in the order of their import, the modules that are not the project's, nor rewritten by pytest."""
        for name, module in list(sys.modules.items()):
            file = _file_of(module)
            is_rewritten = type(getattr(module, "__loader__", None)).__name__ == "AssertionRewritingHook"
            if file and name != "__main__" and not is_rewritten and not _is_inside(file, self._tree):
                yield name

    @lru_cache(maxsize=10_000)  # noqa: B019 - it lives as long as the process
    def _is_foreign(self, folder: str) -> bool:
        folder = os.path.realpath(folder)
        is_copied = _is_inside(folder, self._tree)
        return _is_inside(folder, self._root) and not is_copied and not _is_in_environment(folder, self._root)


def _is_inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _is_in_environment(folder: str, root: str) -> bool:
    while folder != root:
        marks = (os.path.join(folder, "pyvenv.cfg"), os.path.join(folder, "conda-meta"))
        if os.path.basename(folder) == "site-packages" or any(map(os.path.exists, marks)):
            return True
        folder = os.path.dirname(folder)
    return False


def _possible_names(path: str) -> Iterator[str]:
    """Yield what a file may be called as a module, by whichever of its folders it is imported from."""
    parts = os.path.splitext(path)[0].split("/")
    if parts[-1] == "__init__":
        parts.pop()
    for start in range(len(parts)):
        yield ".".join(parts[start:])


def _is_same_text(one: str, other: str) -> bool:
    try:
        with open(one, "rb") as first, open(other, "rb") as second:
            return first.read() == second.read() != b""
    except OSError:
        return False


def _file_of(module: object) -> str | None:
    try:
        # Past any `__getattr__`: a lazy module must stay asleep.
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except (AttributeError, TypeError):
        return None
    return file if isinstance(file, str) and os.path.isabs(file) else None
