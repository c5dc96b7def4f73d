"""What a client must bring along so that the application can't tell it from the old one; which httpx it comes from.

`TestClient` says `testclient` where httpx says its own name, and comes from ("testclient", 50000) where httpx's
transport says ("127.0.0.1", 123). Both are kept as soon as anything in the project could notice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from greenmod.api import Project

from ..running.dependencies import told_beside_pytest

_LITERALS = ('"testclient"', "'testclient'")
_USER_AGENT = (
    *("user-agent", "User-Agent", "USER-AGENT", "user_agent", "UserAgent", "HTTP_USER_AGENT"),
    *("dict(request.headers)", "request.headers)", "request.headers.items", "request.headers.raw"),
    *("headers.mutablecopy", "headers.items()", "req.headers)", "headers.raw"),
)
_ADDRESS = (
    *("request.client", "req.client", "conn.client", "websocket.client", ".client.host", ".client.port"),
    *('scope["client"]', "scope['client']", 'scope.get("client")', 'req["client"]'),
    *("client_host", "client_ip", "remote_addr", "get_remote_address", "get_ipaddr"),
    *("ProxyHeaders", "X-Forwarded", "x-forwarded", "X-Real-I", "x-real-i"),
)
_HTTPX2 = ("import httpx2", "from httpx2")
_HTTPX = ("import httpx", "from httpx")


class Fidelity:
    """Answers for one project, by options."""

    def __init__(self, project: Project, options: Mapping[str, object]) -> None:
        self._project = project
        self._read = project.read
        self._told: dict[str, str | None] = {}
        self._is_exact = options["fidelity"] == "exact"
        self._module = str(options["http-module"])
        self.base_url = str(options["base-url"])

    @cached_property
    def user_agent(self) -> bool:
        """Tell whether the old user agent is kept."""
        return self._is_exact or self._is_either or bool(self._words.intersection(_USER_AGENT))

    @cached_property
    def address(self) -> bool:
        """Tell whether the old address is kept."""
        return self._is_exact or self._is_either or bool(self._words.intersection(_ADDRESS))

    @cached_property
    def _is_either(self) -> bool:
        """Tell whether something expects `testclient`, and nothing says whether as user agent or as address."""
        is_said = self._words.intersection((*_USER_AGENT, *_ADDRESS))
        return not is_said and bool(self._words.intersection(_LITERALS))

    def module(self, path: str) -> str:
        """Return the module that a file's clients come from: the one it uses, else the project's."""
        if self._module != "auto":
            return self._module
        facts = self._project.facts(path)
        own = {fact.target.partition(".")[0] for fact in facts.imports} if facts else set()
        if len(own & {"httpx", "httpx2"}) == 1:
            return (own & {"httpx", "httpx2"}).pop()
        return self._of_project(path)

    def _of_project(self, path: str) -> str:
        if "alias_httpx" in self._words:
            return "httpx"
        folder = path.rpartition("/")[0]
        if folder not in self._told:
            self._told[folder] = told_beside_pytest(self._read, folder, ("httpx", "httpx2"))
        if (told := self._told[folder]) is not None:
            return told
        if self._words.intersection(_HTTPX2):
            return "httpx2"
        return "httpx2" if self._project.requirement(path, "httpx2") is not None else "httpx"

    @cached_property
    def _words(self) -> frozenset[str]:
        """The telling words that some file of the project holds."""
        found = self._project.mentioning(*{*_USER_AGENT, *_ADDRESS, *_LITERALS, *_HTTPX2, "alias_httpx"})
        return frozenset().union(*found.values())
