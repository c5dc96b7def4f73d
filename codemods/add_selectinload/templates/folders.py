"""Where templates are: in `templates` beside the code that renders them or above it, and where a literal says."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from greenmod.api import Project

from ..flows import rows
from ..flows.rows import Call

# What a literal follows that names a folder: the last name of a call with the parameter, and its place if it has one.
_DIRECTORY = {"Jinja2Templates": "directory", "FileSystemLoader": "searchpath"}
_WORDS = ("Jinja2Templates", "FileSystemLoader", "PackageLoader", "template_folder")


class Folders:
    """Finds templates by name. What a file says of folders is read only once a template isn't beside its own."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def find(self, name: str, caller: str) -> str | None:
        """Return the path of the template that code in the file `caller` means; None where none or several could be."""
        folders = list(_upwards(caller))
        beside = [f"{folder}templates" for folder in folders]
        said = self._said.get(caller, ())
        elsewhere = [folder for path, found in self._said.items() if path != caller for folder in found]
        for there in ([*beside, *said], elsewhere):
            found = list(dict.fromkeys(path for path in _paths(there, name) if self._project.read(path) is not None))
            if found:
                return found[0] if len(found) == 1 else None
        return None

    @cached_property
    def _said(self) -> Mapping[str, tuple[str, ...]]:
        """The folders that literals of each file may mean."""
        mentioning = sorted(self._project.mentioning(*_WORDS))
        found: dict[str, tuple[str, ...]] = {}
        for path, data in self._project.survey_all(mentioning).items():
            if isinstance(data, list | tuple):
                calls = (call for body in rows.from_data(data[1]) for call in body.calls if call.texts)
                literals = dict.fromkeys(literal for call in calls for literal in _literals(call))
                found[path] = tuple(f"{folder}{literal}" for literal in literals for folder in _upwards(path))
        return found


def _upwards(path: str) -> Iterator[str]:
    """Yield the folder of a file and those above it, each with a slash behind it; the root is empty."""
    folder = posixpath.dirname(path)
    while folder:
        yield f"{folder}/"
        folder = posixpath.dirname(folder)
    yield ""


def _paths(folders: Iterable[str], name: str) -> Iterator[str]:
    for folder in folders:
        path = posixpath.normpath(f"{folder}/{name}")
        if not path.startswith(("..", "/")):
            yield path


def _literals(call: Call) -> Iterator[str]:
    """Yield the folders that a call names by literals."""
    word = call.callee.rpartition(".")[2]
    if word in _DIRECTORY:
        yield from _written(call.text_of.get(_DIRECTORY[word], "") or next(iter(call.texts[: len(call.args)]), ""))
    elif word == "PackageLoader" and call.args:
        package = next(_written(call.texts[0]), "")
        text = call.texts[1] if len(call.args) > 1 else call.text_of.get("package_path", "'templates'")
        for folder in _written(text) if package else ():
            yield f"{package.replace('.', '/')}/{folder}"
            yield f"{package.rpartition('.')[0].replace('.', '/')}/{folder}".lstrip("/")  # `package` may be a module
    elif text := call.text_of.get("template_folder", ""):
        yield from _written(text)


def _written(text: str) -> Iterator[str]:
    """Yield the folders of an expression, or of a list of them.

    `a/b` is that of `"a/b"`, of `os.path.join(here, "a", "b")` and of `str(here / "a" / "b")`.
    """
    try:
        node = ast.parse(text, mode="eval").body if text else None
    except SyntaxError:
        return
    for each in node.elts if isinstance(node, ast.List | ast.Tuple) else [node] if node is not None else ():
        inside = [*ast.walk(each)]
        literals = [one for one in inside if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        literals.sort(key=lambda one: (one.lineno, one.col_offset))
        if literals and not any(isinstance(one, ast.JoinedStr) for one in inside):
            yield "/".join(str(one.value).strip("/") for one in literals)
