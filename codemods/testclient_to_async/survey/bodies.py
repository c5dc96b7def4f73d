"""What a request sends, as far as it can be seen in the call: which bodies an async client can't take.

`content=` may be bytes or text; a generator or an open file raises "sync request with an AsyncClient" (httpx).
"""

from __future__ import annotations

import ast

_TEXT_MAKERS = frozenset(
    {"b64encode", "bytes", "compress", "decode", "dedent", "dumps", "encode", "format", "getvalue", "hex", "join"}
    | {"model_dump_json", "packb", "read", "read_bytes", "read_text", "replace", "SerializeToString", "str", "strip"}
    | {"to_json", "tobytes", "urlencode"}
)
# What opens or makes something that is read while it is sent.
FILES = frozenset({"BytesIO", "fdopen", "iter", "NamedTemporaryFile", "open", "StringIO", "TemporaryFile"})
_SENDS = frozenset({"build_request", "post", "put", "patch", "request", "get", "delete", "head", "options"})


def body_hint(node: ast.Call, name: str) -> str:
    """Return `content=name`, `data=name` or `url` where something in a request needs a closer look, else nothing."""
    if name not in _SENDS:
        return ""
    for keyword in node.keywords:
        if keyword.arg in ("content", "data") and not _is_plain(keyword.value, keyword.arg == "data"):
            return f"{keyword.arg}={getattr(keyword.value, 'id', '')}"
    for each in (*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "url")):
        for part in ast.walk(each):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and "%25" in part.value:
                return "url"
    return ""


def is_text(node: ast.expr) -> bool:
    """Tell whether an expression is surely text or bytes."""
    return not (isinstance(node, ast.Constant) and node.value is None) and _is_plain(node, is_data=False)


def _is_plain(node: ast.expr, is_data: bool) -> bool:
    """Tell whether a body is surely text, bytes, or (as `data`) a dictionary."""
    match node:
        case ast.Constant() | ast.JoinedStr():
            return True
        case ast.BinOp():
            return _is_plain(node.left, is_data) or _is_plain(node.right, is_data)
        case ast.IfExp():
            return _is_plain(node.body, is_data) and _is_plain(node.orelse, is_data)
        case ast.Call():
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            return name not in FILES if is_data else name in _TEXT_MAKERS
        case ast.GeneratorExp():
            return False
        case ast.Name():
            return False
    return is_data
