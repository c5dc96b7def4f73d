"""The declarations of the repository's own files, remembered by their content."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

from greenmod.errors import FileError
from greenmod.facts.cache import Cache, cache_key
from greenmod.facts.objects.declarations import Declarations, as_data, from_data
from greenmod.facts.objects.declared import declare
from greenmod.facts.survey import parse
from greenmod.source import decode, plain_newlines

_BATCH = 200  # entries written at once: each transaction counts what the cache holds


class Memory:
    """Declarations between runs. What is new is written in batches, and by `flush`."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._new: dict[bytes, bytes] = {}

    def recall(self, key: bytes, make: Callable[[], Declarations | None]) -> Declarations | None:
        """Return the declarations known under `key`, else make them; None where they can't be made."""
        data = self._cache.get(key)
        if data is not None:
            try:
                return from_data(json.loads(data))
            except ValueError:  # written by another build of the same version: made anew
                data = None
        declared = make()
        if declared is not None:
            self._new[key] = json.dumps(as_data(declared), separators=(",", ":")).encode()
            if len(self._new) >= _BATCH:
                self.flush()
        return declared

    def flush(self) -> None:
        self._cache.put(self._new)
        self._new = {}


class Reader:
    """Reads and declares the repository's files. `text` gives a file's text, None where there is none.

    `known` gives declarations as data, where somebody has them.
    """

    def __init__(self, text: Callable[[str], str | None], memory: Memory, known: Callable[[str], object]) -> None:
        self._text = text
        self._memory = memory
        self._known = known

    def __call__(self, path: str) -> Declarations | None:
        if (data := self._known(path)) is not None:
            return from_data(data)
        text = self._text(path)
        if text is None:
            return None
        return self._memory.recall(cache_key("bindings", text), lambda: declare_text(path, text))


@lru_cache(maxsize=512)  # where one process plans again and again, as for cases, the libraries are still the same
def declare_text(path: str, text: str) -> Declarations | None:
    """Declare a file's text; None where it can't be parsed."""
    try:
        return declare(parse(decode(path, plain_newlines(text).encode())))
    except (SyntaxError, FileError, RecursionError, UnicodeError):
        return None
