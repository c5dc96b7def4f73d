"""The files that `greenmod new` writes: a codemod that works, and two cases that prove it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from greenmod.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")

_CODEMOD = '''\
"""Rename `old_name` to `new_name`.

Why: say what the new form gives that the old one doesn't.
Left alone: say what is not touched.
"""

import libcst as cst

from greenmod.api import Codemod


class {class_name}(Codemod):
    name = "{name}"
    triggers = ("old_name",)

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        if original.value != "old_name":
            return updated
        if self.scope:
            self.skip(original, "not-global", "inside a function the name may mean something else")
            return updated
        return self.change(original, updated.with_changes(value="new_name"), "Rename `old_name`")
'''
_BEFORE = "old_name = 1  # stays\nprint(old_name)\n"
_AFTER = "new_name = 1  # stays\nprint(new_name)\n"
_UNCHANGED = "def f():\n    return old_name  # skip: not-global\n"


def scaffold(name: str, codemods: str, fixtures: str) -> Mapping[str, str]:
    """Return the files of a new codemod, by path below the root. Raises UsageError for a name that can't be one."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"\"{name}\" can't be a codemod's name",
            "Use words in lower case joined by dashes: <old>-to-<new>, <verb>-<thing>.",
        )
    class_name = "".join(word.capitalize() for word in name.split("-"))
    return {
        f"{codemods}/{name.replace('-', '_')}.py": _CODEMOD.format(name=name, class_name=class_name),
        f"{fixtures}/{name}/renamed/before.py": _BEFORE,
        f"{fixtures}/{name}/renamed/after.py": _AFTER,
        f"{fixtures}/{name}/unchanged_in_function/before.py": _UNCHANGED,
    }
