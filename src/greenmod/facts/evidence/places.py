"""Which file of the repository a path in a report means: it may come from another machine, or from another folder.

Nothing here reads the file system.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_LIBRARY = re.compile(r"(^|/)(site-packages|dist-packages|lib/python[\d.]+|Lib|<[^/]*>)(/|$)")


class Places:
    """`root` is the repository's real path, `paths` are its files."""

    def __init__(self, root: str, paths: Iterable[str]) -> None:
        self._root = root.replace("\\", "/").rstrip("/")
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            self._by_name[path.rpartition("/")[2]].append(path)

    def find(self, written: str) -> str | None:
        """Return the path relative to the root; None for a file of somebody else's, and in any doubt."""
        path = written.strip().replace("\\", "/").removeprefix("./")
        alike = self._by_name.get(path.rpartition("/")[2], ())
        if path.startswith(f"{self._root}/"):
            inside = path.removeprefix(f"{self._root}/")
            return inside if inside in alike else None
        if _LIBRARY.search(path):
            return None
        if path in alike:
            return path
        # Of another checkout; or from a folder inside or above the root.
        ends = [one for one in alike if path.endswith(f"/{one}")]
        if ends:
            return max(ends, key=len)
        longer = [one for one in alike if one.endswith(f"/{path}")]
        return longer[0] if len(longer) == 1 else None
