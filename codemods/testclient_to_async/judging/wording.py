"""Why something is left alone, in words that a tester understands, by a short key: the rule, and the sentence."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "alias": ("client-escapes", "`with … as {name}` gives the client a second name"),
    "app-attribute": ("client-attribute", "{what}: httpx's clients have no `{name}`"),
    "app-nameless": ("app-unresolved", "the client is entered where its app has no name"),
    "app-none": ("app-unresolved", "the client is given no app"),
    "app-old": ("app-unresolved", "`{app}` isn't known to be an app of ASGI 3"),
    "app-star": ("app-unresolved", "the client's arguments arrive through `*` or `**`"),
    "argument": ("client-arguments", "{what} has no counterpart in httpx"),
    "asserted": ("generator-expression", "{what} is sent in a generator expression, which `all` may end early"),
    "async-with": ("mixed-clients", "the client is entered by `async with`"),
    "auth": ("client-attribute", "`{name}` may lack `async_auth_flow`"),
    "awaited": ("mixed-clients", "{what} is awaited already"),
    "body": ("request-body", "the request's body may be a generator or a file, which httpx can't send async"),
    "by-hand": ("entered-by-hand", "{what} enters or leaves the client by hand"),
    "called": ("client-escapes", "{what} itself is called"),
    "chosen": ("callback", "`getattr` chooses a method that is handed on instead of being called"),
    "compared": ("client-escapes", "the client's class is compared"),
    "default": ("client-escapes", "the client is a default value"),
    "encoded": ("double-encoded-url", "`%25` in a path is decoded twice by TestClient, once by httpx"),
    "escapes": ("client-escapes", "the client is used in a way that isn't followed: {name}"),
    "handed": ("callback", "{what} is handed on instead of being called"),
    "handed-over": ("handed-over", "the client is handed to {what}, which isn't followed"),
    "kept": ("client-escapes", "the client is kept as `{name}`"),
    "lambda": ("client-factory", "a function makes clients; what is made by it isn't followed"),
    "others": ("lifespan-with-others", "the client shares its `with` with other managers"),
    "raises": ("lifespan-in-raises", "the `with` may raise, and then LifespanManager would not run the shutdown"),
    "redirects": ("client-arguments", "`allow_redirects=` is no argument of httpx"),
    "sync-with": ("module-level-call", "the client is entered where nothing can be awaited"),
    "stream": ("stream", "a stream is read while it comes; httpx's transport gives it at its end"),
    "used-after": ("used-after-with", "the client is used behind its `with`, where httpx has closed it"),
    "websocket": ("websocket", "`websocket_connect` has no counterpart in httpx"),
    "yielded": ("client-escapes", "the client is yielded by something that is no fixture"),
    # What may not be the class, by the rule itself.
    "ambiguous-name": ("ambiguous-name", "`{chain}` has more than one meaning here"),
    "star-import": ("star-import", "`{chain}` comes from a star import"),
    "subclass": ("subclass", "`{chain}` derives from TestClient, and decides itself what its clients do"),
}

# What keeps an `await` from standing in a place, said of what would be awaited.
OBSTACLES: Mapping[str, tuple[str, str]] = {
    "annotation": ("module-level-call", "is called in an annotation, where nothing can be awaited"),
    "class": ("module-level-call", "is called in the body of a class, where nothing can be awaited"),
    "decorator": ("module-level-call", "is called in a decorator, where nothing can be awaited"),
    "default": ("module-level-call", "is called in a default value, where nothing can be awaited"),
    "generator-expression": ("generator-expression", "is called in a generator expression, which would become async"),
    "lambda": ("lambda", "is called in a lambda, which can't await"),
    "module": ("module-level-call", "is called while the module is imported, where nothing can be awaited"),
    "nested-comprehension": (
        "generator-expression",
        "is called in a nested comprehension, which can't await before Python 3.11",
    ),
}


def said(chain: str) -> str:
    """Return a chain for a reader, who doesn't know the numbers of calls."""
    if chain == "?":
        return "what an expression gives"
    return f"`….{chain.partition('.')[2]}`" if chain.startswith("#") else f"`{chain.replace('[]', '[…]')}`"
