"""The name that a file is imported under, as far as its folders tell."""

from __future__ import annotations

from collections.abc import Collection

_ROOTS = ("src", "lib", "python")


def module_name(path: str, paths: Collection[str]) -> str:
    """Return the dotted name of a file's module.

    It begins with the topmost of the folders around it that have an `__init__.py`; where its own folder has none, at
    the root, or below the innermost folder that is called as those on the import path are.
    """
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    folders = path.split("/")[:-1]
    first = len(folders)
    while first and "/".join([*folders[:first], "__init__.py"]) in paths:
        first -= 1
    if first == len(folders):
        first = max((index + 1 for index, folder in enumerate(folders) if folder in _ROOTS), default=0)
    return ".".join(parts[first:] or parts[-1:])
