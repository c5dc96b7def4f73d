"""How deeply a text may nest, estimated before LibCST sees it.

LibCST's parser recurses without a limit and takes the process along, or takes minutes: a sum of 20 000 terms is as
deep as 20 000 parentheses. Python's own parser has limits, but not for everything (`a and b and …`), and not the same
in each version. The estimate is never too low but for text in f-strings that is made to deceive.
"""

from __future__ import annotations

import re

_LIMIT = 500  # a visitor in Python runs out of stack before that
_ELIFS = 2000  # these nest as well, but only within one `if`
_TOKEN = re.compile(
    r"""
      \#[^\r\n]* | \\\r?\n
    | (?P<string> (?P<prefix> (?<!\w)[A-Za-z]{0,2} ) (?: \"\"\"(?:\\.|[^\\])*?\"\"\" | '''(?:\\.|[^\\])*?'''
                                                  | "(?:\\.|[^"\\\r\n])*" | '(?:\\.|[^'\\\r\n])*' ) )
    | (?P<open> [(\[{] ) | (?P<close> [)\]}] ) | (?P<end> [\r\n] ) | (?P<cut> [,;] )
    | (?P<deeper> [-+*/%|&^@~.] | \b (?: and | or | not | if | for | await | lambda ) \b )
    """,
    re.VERBOSE | re.DOTALL,
)


def is_too_deep(text: str) -> bool:
    """Tell whether LibCST should not be shown `text`."""
    return len(text) > _LIMIT and (text.count("elif") > _ELIFS or _deepest(text) > _LIMIT)


def _deepest(text: str, is_code: bool = True) -> int:
    """Return how many operators, brackets and strings at most stand one inside the other.

    Each bracket counts what was met in it since its last comma. Outside of brackets a line end starts anew; in an
    f-string (not `is_code`), nothing counts there.
    """
    levels = [0]
    depth = deepest = 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "cut" or (kind == "end" and len(levels) == 1):
            depth -= levels[-1]
            levels[-1] = 0
        elif kind == "close":
            depth -= levels.pop() if len(levels) > 1 else 0
        elif kind in ("open", "deeper", "string") and (is_code or len(levels) > 1 or kind == "open"):
            levels[-1] += 1
            depth += 1
            if kind == "open":
                levels.append(0)
            elif kind == "string" and "f" in match["prefix"].lower():
                deepest = max(deepest, depth + _deepest(match["string"][len(match["prefix"]) + 1 : -1], is_code=False))
        deepest = max(deepest, depth)
    return deepest
