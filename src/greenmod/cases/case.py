"""A case: files before, files after (or none: they must stay as they are), options, and the skips it expects.

    fixtures/<codemod>/<case>/before.py  after.py        or        before/…  after/…
    fixtures/<codemod>/<case>/case.toml                            [options], [run], [page]

Expected skips are comments on their line in `before`: `# skip: <rule>`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from greenmod.errors import UsageError

_SKIP = re.compile(rb"# skip: ([\w-]+(?:, *[\w-]+)*)")
_TABLES = ("options", "run", "page")


@dataclass(frozen=True, slots=True)
class Case:
    """One situation. `after` equals `before` where nothing may change; `run` says green or red, before and after, and
    with `evidence = true` that the codemod is told what its tests say.

    A case with `example = true` in `page` is shown on the codemod's page, in the place of the smallest ones.
    """

    codemod: str
    name: str
    folder: Path
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    options: Mapping[str, object] = field(default_factory=dict)
    run: Mapping[str, object] = field(default_factory=dict)
    page: Mapping[str, object] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.codemod}/{self.name}"

    @property
    def has_evidence(self) -> bool:
        return self.run.get("evidence") is True

    @property
    def is_unchanged(self) -> bool:
        return self.before == self.after

    def expected_skips(self) -> frozenset[tuple[str, int, str]]:
        """Return `(path, line, rule)` of every `# skip:` comment."""
        return frozenset(
            (path, number, rule.strip().decode())
            for path, data in self.before.items()
            if path.endswith(".py")
            for number, line in enumerate(data.splitlines(), 1)
            for match in _SKIP.finditer(line)
            for rule in match[1].split(b",")
        )


def find_cases(fixtures: Path, codemod: str | None = None) -> Iterator[Case]:
    """Yield the cases below `fixtures`, sorted; those of one codemod, if it is named."""
    for folder in sorted(fixtures.glob("*/*/")):
        is_case = (folder / "before").is_dir() or (folder / "before.py").is_file()
        if is_case and codemod in (None, folder.parent.name):
            yield load_case(folder)


def load_case(folder: Path) -> Case:
    """Read one case. Raises UsageError for a folder that is none."""
    tables = _tables(folder / "case.toml")
    if (folder / "before").is_dir():
        before = _tree(folder / "before")
        after = _tree(folder / "after") if (folder / "after").is_dir() else before
    elif (folder / "before.py").is_file():
        beside = {
            name: data for name, data in _tree(folder).items() if name not in ("before.py", "after.py", "case.toml")
        }
        before = {**beside, "case.py": (folder / "before.py").read_bytes()}
        after = {**beside, "case.py": (folder / "after.py").read_bytes()} if (folder / "after.py").is_file() else before
    else:
        raise UsageError(f"{folder}: no case: there is neither before.py nor before/")
    return Case(
        folder.parent.name, folder.name, folder, before, after, tables["options"], tables["run"], tables["page"]
    )


def _tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def _tables(path: Path) -> dict[str, Mapping[str, object]]:
    if not path.is_file():
        return {table: {} for table in _TABLES}
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from error
    if unknown := document.keys() - set(_TABLES):
        raise UsageError(f"{path}: unknown: {', '.join(sorted(unknown))}", "Known tables: [options], [run] and [page].")
    return {table: document.get(table, {}) for table in _TABLES}
