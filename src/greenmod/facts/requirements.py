"""What a project declares about a package: pins in `pyproject.toml`, requirements files, `setup.cfg`, `Pipfile`, locks.

Read as text by shape, so that a file written for one tool is understood without that tool. Nothing is executed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from greenmod.facts.witness import Saw, nobody

if TYPE_CHECKING:
    from packaging.version import Version

# Versions that stand for "some release of this series" when a specifier is asked whether it admits one.
_PROBES = ("0", "5", "10", "12", "20", "99")
_FILES = ("pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")
_EXTRAS = r"(?:\[[^\]]*\])?"


@dataclass(frozen=True, slots=True)
class Requirement:
    """Every specifier found for one package, in the folder nearest to the file that asked. `where` is `path:line`."""

    package: str
    specifiers: tuple[str, ...]
    where: str

    def admits(self, major: int) -> bool:
        """Tell whether some release of the series `major.*` satisfies every specifier found."""
        probes = (f"{major}.{minor}.{micro}" for minor in _PROBES for micro in _PROBES)
        return any(version.major == major for version in self._satisfying(probes))

    def admits_from(self, version: str) -> bool:
        """Tell whether some release from `version` on satisfies every specifier found.

        Pins that exclude each other are of environments of their own: each of them must admit such a release.
        """
        from packaging.version import Version

        found = list(self._satisfying((version, f"{version}.99", "9999")))
        if not found and len(self.specifiers) > 1:
            return all(replace(self, specifiers=(each,)).admits_from(version) for each in self.specifiers)
        return any(each >= Version(version) for each in found)

    def excludes_before(self, version: str) -> bool:
        """Tell whether no release before `version` satisfies every specifier found; False where none says anything."""
        from packaging.version import Version

        first = Version(version)
        older = (f"{major}.{minor}" for major in range(first.major + 1) for minor in range(100))
        return bool(self.specifiers) and all(found >= first for found in self._satisfying(older))

    def _satisfying(self, probes: Iterable[str]) -> Iterator[Version]:
        """Yield those of `probes`, and of the versions that the specifiers name, that satisfy every specifier."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
        from packaging.version import Version

        versions = {Version(text) for text in probes}
        try:
            sets = [SpecifierSet(text, prereleases=True) for text in self.specifiers]
        except InvalidSpecifier:  # poetry's `||`, say: what isn't understood rules nothing out
            sets = []
        for spec in (spec for group in sets for spec in group if spec.operator != "==="):
            bound = Version(spec.version.removesuffix(".*"))
            versions |= {bound, Version(f"{bound.base_version}.99")}
        yield from (version for version in versions if all(group.contains(version) for group in sets))


def find_requirement(root: Path, folder: str, package: str, saw: Saw = nobody) -> Requirement | None:
    """Return what the files of one folder declare about `package`; None where none names it with a version.

    What people wrote counts before what a tool locked: a library supports more than the one version in its lock.
    """
    place = root / folder
    saw(place)
    saw(place / "requirements")
    files, locks = tuple(_files(place)), tuple(place / name for name in _LOCKS)
    for path in (*files, *locks):
        saw(path)
    found = [hit for path in files for hit in _in_file(root, path, package)]
    pinned = [(spec, where) for spec, where in found if spec]
    pinned = pinned or [hit for path in locks for hit in _in_lock(root, path, package)]
    return Requirement(package, tuple(spec for spec, _ in pinned), pinned[0][1]) if pinned else None


def _files(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in _FILES if (folder / name).is_file())
    yield from sorted(folder.glob("*requirements*.txt"))
    yield from sorted(folder.glob("requirements/*.txt"))


def _in_file(root: Path, path: Path, package: str) -> Iterator[tuple[str, str]]:
    """Yield `(specifier, where)` for each mention of `package` as a dependency."""
    text = _text(path)
    mention = re.compile(_name_pattern(package), re.I)
    if not mention.search(text):
        return
    # `pydantic[email]>=1.8,<3` in a string or a requirements line; `pydantic = "^1.10"` in poetry and Pipfile.
    name = _name_pattern(package)
    plain = re.compile(
        rf"""^[\s"'\-]*(?:.*["'\s,(])?{name}{_EXTRAS}\s*(?P<spec>(?:[<>=!~]=?=?\s*[\w.*]+\s*,?\s*)*)""", re.I
    )
    table = re.compile(
        rf"""^\s*["']?{name}["']?\s*=\s*(?:["'](?P<spec>[^"']*)["']|\{{.*?version\s*=\s*["'](?P<inner>[^"']*)["'])""",
        re.I,
    )
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split(" #")[0]
        if not mention.search(code) or code.lstrip().startswith("#"):
            continue
        where = f"{path.relative_to(root).as_posix()}:{number}"
        if path.suffix in (".toml", "") and (match := table.match(code)):
            yield _as_pep440(match["spec"] or match["inner"] or ""), where
        elif (match := plain.match(code)) and _is_whole_word(code, match, package):
            yield match["spec"].strip().rstrip(",").replace(" ", ""), where


def _in_lock(root: Path, path: Path, package: str) -> Iterator[tuple[str, str]]:
    """Yield `(specifier, where)` for the version of `package` that a lock file names."""
    text = _text(path)
    name = _name_pattern(package)
    entry = re.compile(rf"""^name\s*=\s*"{name}"\s*\nversion\s*=\s*"(?P<version>[^"]+)\"""", re.I | re.M)
    for match in entry.finditer(text):
        line = text.count("\n", 0, match.start("version")) + 1
        yield f"=={match['version']}", f"{path.relative_to(root).as_posix()}:{line}"


def _text(path: Path) -> str:
    """Return a file's text, if it can be read. PowerShell's `pip freeze >` writes UTF-16, and pip reads it."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_wide else "utf-8-sig", errors="replace")


def _name_pattern(package: str) -> str:
    return "[-_.]+".join(map(re.escape, re.split("[-_.]+", package)))


def _is_whole_word(line: str, match: re.Match[str], package: str) -> bool:
    """Refuse `pydantic-settings` and `my-pydantic` for `pydantic`."""
    end = match.start("spec")
    following = line[end : end + 1] if match["spec"] == "" else ""
    return following not in ("-", "_", ".") and not following.isalnum() and "=" not in following


def _as_pep440(spec: str) -> str:
    """Translate poetry's caret and tilde: `^1.10` is `>=1.10,<2`."""
    parts = []
    for part in (piece.strip() for piece in spec.split(",")):
        if part in ("", "*"):
            continue
        number = part.lstrip("^~= <>!")
        release = [int(n) for n in re.findall(r"\d+", number)]
        if part.startswith("^"):
            parts += [f">={number}", f"<{_caret_ceiling(release)}"]
        elif release and part.startswith("~") and not part.startswith("~="):
            ceiling = f"{release[0]}.{release[1] + 1}" if len(release) > 1 else f"{release[0] + 1}"
            parts += [f">={number}", f"<{ceiling}"]
        elif part[0].isdigit():
            parts.append(f"=={part}")
        else:
            parts.append(part.replace(" ", ""))
    return ",".join(parts)


def _caret_ceiling(release: list[int]) -> str:
    for index, number in enumerate(release):
        if number or index == len(release) - 1:
            return ".".join(str(n) for n in (*release[:index], number + 1))
    return "1"
