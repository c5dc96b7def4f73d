"""What a call is given, and what a patch does with it; whatever its terms may stand for."""

from __future__ import annotations

from ..survey.rows import Call


def last_words(call: Call) -> tuple[str, ...]:
    """Return the last name of each alternative of a call's callee."""
    return tuple(part.rpartition(".")[2] for part in call.callee.split("|"))


def argument(call: Call, position: int, name: str) -> str:
    """Return the term of an argument that is given by position or by keyword; empty where it isn't given."""
    if position < len(call.args):
        return call.args[position]
    return dict(call.keywords).get(name, "")


def positional(call: Call, position: int) -> str:
    """Return the term of an argument that is given by position; empty where a `*` may move it."""
    if position < 0 or any(arg.startswith("*") for arg in call.args[: position + 1]):
        return ""
    return call.args[position] if position < len(call.args) else ""


def new_of(call: Call) -> str:
    """Return the term of the object that a patch is told to put in place; empty where it makes a mock itself."""
    tag = call.tag.removeprefix("mocker.")
    position = {"patch": 1, "patch.object": 2}.get(tag)
    if position is None:
        return ""
    return dict(call.keywords).get("new", "") or positional(call, position)


def injects(call: Call) -> bool:
    """Tell whether a patch, as a decorator, gives its mock to the function."""
    return call.tag in ("patch", "patch.object") and not new_of(call)


def patched_by_keyword(call: Call) -> tuple[str, ...]:
    """Return the names that `patch.multiple(…, name=DEFAULT)` gives to the function by keyword."""
    if call.tag != "patch.multiple":
        return ()
    return tuple(name for name, term in call.keywords if term.rpartition(".")[2] == "DEFAULT")
