"""One more setting in the file that pytest reads, and not a character changed beside it.

A value that is set already stays; so does a file that can't be parsed, and one whose new text would not mean what it
meant before and the setting. Nothing here reads the file system.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .pytest_settings import load_ini
from .toml_text import find_lines, load_toml, look_up, with_value

_OLD = ("tool", "pytest", "ini_options")


def with_setting(path: str, text: str, key: str, value: str) -> str:
    """Return the new text of a configuration file, in which the setting `key` is `value`.

    A file or table that isn't there yet is begun: `text` may be empty.
    """
    name = path.rpartition("/")[2]
    if name.endswith(".toml"):
        return _in_toml(text, _OLD if name == "pyproject.toml" else ("pytest",), key, value)
    return _in_ini(text, "tool:pytest" if name == "setup.cfg" else "pytest", key, value)


def _in_toml(text: str, keys: tuple[str, ...], key: str, value: str) -> str:
    document = load_toml(text)
    native = look_up(document, _OLD[:-1])
    if keys == _OLD and isinstance(native, dict) and native.keys() - {"ini_options"}:
        keys = _OLD[:-1]
    table = look_up(document, keys)
    if document is None or (isinstance(table, dict) and key in table):
        return text
    line = f'{key} = "{value}"'
    if table is None:
        new = _ended(text, f"[{'.'.join(keys)}]\n{line}\n")
    elif places := find_lines(text, keys):
        end = places.lines[-1].end if places.lines else places.header
        indent = re.match(r"[ \t]*", text[places.lines[-1].start :]) if places.lines else None
        new = f"{text[:end]}\n{indent[0] if indent else ''}{line}{text[end:]}"
    else:
        return text
    after = load_toml(new)
    return new if after and after == with_value(document, (*keys, key), value) else text


def _in_ini(text: str, section: str, key: str, value: str) -> str:
    ini = load_ini(text)
    if ini is None:
        return text
    if section not in ini.sections:
        return _ended(text, f"[{section}]\n{key} = {value}\n")
    if key in ini.sections[section]:
        return text
    lines = text.splitlines(keepends=True)
    starts = [line for name in ini.sections if (line := ini.lineof(name)) is not None]
    start = ini.lineof(section) or 0
    end = min((line - 1 for line in starts if line > start), default=len(lines))
    while end > start and (not lines[end - 1].strip() or lines[end - 1][0] in "#;"):
        end -= 1  # blank lines and comments there belong to what follows
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    lines.insert(end, f"{key}{_sign(lines[start:end])}{value}\n")
    return "".join(lines)


def _sign(lines: Sequence[str]) -> str:
    signs = {found[1] for line in lines if (found := re.match(r"[^\s#;\[=:]+(\s*=\s*)", line))}
    return "=" if signs == {"="} else " = "


def _ended(text: str, block: str) -> str:
    """Return `text` with a block behind it, a blank line between the two."""
    gap = "\n" * (2 - len(text) + len(text.rstrip("\n")))
    return f"{text}{gap}{block}" if text.strip() else block
