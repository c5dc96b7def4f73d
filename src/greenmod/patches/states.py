"""What files are at one time, and how two times differ. Links, submodules and modes are named and left alone."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from greenmod.discover import link_target
from greenmod.model import Skip
from greenmod.patches.hunks import Difference
from greenmod.patches.renames import find_renames
from greenmod.source import read_bytes

_EXECUTABLE = stat.S_IXUSR


@dataclass(frozen=True, slots=True)
class State:
    """A path's type and permission bits, 0 where nothing is there; `data` is None unless it is a plain file."""

    mode: int
    data: bytes | None

    @property
    def is_odd(self) -> bool:
        """Tell whether something is there that is no plain file."""
        return bool(self.mode) and not stat.S_ISREG(self.mode)


States = Mapping[str, State]


def read_states(folder: Path, paths: Iterable[str]) -> dict[str, State]:
    """Read files under `folder`. Raises FileError."""
    return {path: _read(folder, path) for path in sorted(paths)}


def _read(folder: Path, path: str) -> State:
    file = folder / path
    if link_target(folder, path) is not None:
        return State(stat.S_IFLNK, None)
    try:
        mode = file.stat().st_mode
        return State(mode, read_bytes(file, path) if stat.S_ISREG(mode) else None)
    except FileNotFoundError:
        return State(0, None)
    except NotADirectoryError:  # a file that becomes a folder, or the reverse: half of that can't be shown
        return State(stat.S_IFDIR, None)


def compare(before: States, after: States, name: str) -> Difference:
    """Compare the same paths at two times; `name` is who leaves alone what is no plain file."""
    plain = [path for path in before if not before[path].is_odd and not after[path].is_odd]
    odd = (_not_plain(name, path) for path in before.keys() - plain)
    removed = {path: data for path in plain if (data := before[path].data) is not None and not after[path].mode}
    added = {path: data for path in plain if (data := after[path].data) is not None and not before[path].mode}
    return Difference(
        {path: before[path].data for path in plain},
        {path: after[path].data for path in plain},
        find_renames(removed, added),
        dict(_modes(before, after, plain)),
        (*odd, *_switches(name, before, after, plain)),
    )


def _not_plain(name: str, path: str) -> Skip:
    return Skip(name, path, 1, "not-a-file", "it is or becomes a link, a submodule or a folder; it stays as it is")


def _modes(before: States, after: States, paths: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Yield the permission bits of executable files that come or go."""
    for path in paths:
        modes = [state.mode for state in (before[path], after[path]) if state.mode]
        if len(modes) == 1 and modes[0] & _EXECUTABLE:
            yield path, stat.S_IMODE(modes[0])


def _switches(name: str, before: States, after: States, paths: Iterable[str]) -> Iterator[Skip]:
    for path in paths:
        old, new = before[path].mode, after[path].mode
        if old and new and (old ^ new) & _EXECUTABLE:
            what = "becomes executable" if new & _EXECUTABLE else "is executable no more"
            yield Skip(name, path, 1, "mode", f"it {what}; only content is verified, and its mode stays as it is")
