"""What the result imports and nobody declares yet: added to the test dependencies where the place is plain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from greenmod.api import TextChange

from .configuring import with_setting
from .dependencies import is_declared, with_dependency
from .folders import Read
from .pytest_settings import read_settings

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
_LOOP_SETTING = "asyncio_default_fixture_loop_scope"


class Declaring:
    """Answers for one project. `is_new` tells of a folder whether nothing there speaks of pytest-asyncio yet."""

    def __init__(self, read: Read, is_new: Callable[[str], bool]) -> None:
        self._read = read
        self._is_new = is_new
        self._declared: dict[tuple[str, str], bool] = {}

    def is_declared(self, folder: str, package: str) -> bool:
        """Tell whether the project around a folder declares a package."""
        if (folder, package) not in self._declared:
            self._declared[folder, package] = is_declared(self._read, folder, package)
        return self._declared[folder, package]

    def changes(self, wanted: Sequence[tuple[str, str]]) -> list[TextChange]:
        """Return the files that declare packages, each asked for by a file; none where no place is plain."""
        texts: dict[str, str] = {}
        added: dict[str, list[str]] = defaultdict(list)

        def read(path: str) -> str | None:
            return texts[path] if path in texts else self._read(path)

        for folder, package in sorted({(path.rpartition("/")[0], package) for path, package in wanted}):
            if is_declared(read, folder, package):
                continue
            if package == "pytest-asyncio" and self._is_new(folder):
                self._with_loop_scope(folder, texts)
            if (found := with_dependency(read, folder, package)) is not None:
                texts[found[0]] = found[1]
                added[found[0]].append(package)
        return [_change(path, text, added[path], self._lock(path)) for path, text in sorted(texts.items())]

    def _lock(self, path: str) -> str:
        """Return the lock file beside a file, if it has one."""
        folder = path.rpartition("/")[0]
        locks = (f"{folder}/{name}".lstrip("/") for name in _LOCKS if path.endswith(".toml"))
        return next((lock for lock in locks if self._read(lock) is not None), "")

    def _with_loop_scope(self, folder: str, texts: dict[str, str]) -> None:
        settings = read_settings(self._read, folder)
        path = settings.path or "pytest.ini"
        old = texts.get(path) or self._read(path) or ""
        new = with_setting(path, old, _LOOP_SETTING, "function")
        if not settings.fixture_loop_scope and new != old:
            texts[path] = new


def _change(path: str, text: str, packages: Sequence[str], lock: str) -> TextChange:
    group = f"packages:{path}"
    if not packages:
        return TextChange(path, text, group, f"Set `{_LOOP_SETTING}`", "pytest-asyncio warns without it")
    title = f"Declare {' and '.join(packages)} among the test dependencies"
    why = f"the converted tests import it{f'; {lock} must be renewed' if lock else ''}"
    return TextChange(path, text, group, title, why)
