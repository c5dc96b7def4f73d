"""What names stand for in a repository, and what calling them gives."""

from __future__ import annotations

import pytest

from greenmod.facts.objects.thing import Calling, Thing, What
from tests.facts.objects.conftest import Repository

SHOP = {
    "app/__init__.py": "",
    "app/db.py": (
        "class Session:\n"
        "    async def execute(self, query): ...\n"
        "    def add(self, row) -> None: ...\n"
        "    async def __aenter__(self) -> 'Session': return self\n"
        "    async def __aexit__(self, *a): ...\n"
        "def open_session() -> Session: ...\n"
        "session = open_session()\n"
    ),
    "app/services.py": (
        "from __future__ import annotations\n"
        "from app.db import Session, session as default\n"
        "class Base:\n"
        "    async def get(self, id: int) -> int: return 1\n"
        "class Service(Base):\n"
        "    limit: int = 3\n"
        "    def __init__(self, session: Session | None = None, other=None):\n"
        "        self.session = session or default\n"
        "        self.child = Base()\n"
        "        self.other = other\n"
        "    def count(self) -> int: return 2\n"
        "    async def rows(self):\n"
        "        async with self.session as inner:\n"
        "            yield inner\n"
        "    @property\n"
        "    def own(self) -> Base: ...\n"
        "    @property\n"
        "    async def later(self) -> Base: ...\n"
        "service = Service()\n"
        "def make(): return service\n"
    ),
    "app/api.py": "from .services import service, Service as S, make\n",
    "tests/test_api.py": "",
}


def shown(thing: Thing) -> tuple[str, str, str]:
    return thing.what.value, f"{thing.file}:{thing.qualname}", thing.calling.value


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("app.api.service", ("instance", "app/services.py:Service", "unknown")),
        ("app.api.S", ("class", "app/services.py:Service", "plain")),
        ("app.api.service.get", ("function", "app/services.py:Base.get", "coroutine")),
        ("app.api.S.count", ("function", "app/services.py:Service.count", "plain")),
        ("app.services.Service.rows", ("function", "app/services.py:Service.rows", "async iterator")),
        ("app.services.default", ("instance", "app/db.py:Session", "unknown")),
        ("app.db.Session", ("class", "app/db.py:Session", "async context manager")),
        ("app.db.open_session", ("function", "app/db.py:open_session", "async context manager")),
        ("app.api.service.session.execute", ("function", "app/db.py:Session.execute", "coroutine")),
        ("app.api.service.session.add", ("function", "app/db.py:Session.add", "plain")),
        ("app.api.service.child.get", ("function", "app/services.py:Base.get", "coroutine")),
        ("app.api.service.limit", ("instance", "builtins:int", "unknown")),
        ("app.api.service.own", ("instance", "app/services.py:Base", "unknown")),
        ("app.api.service.later", ("property", "app/services.py:Service.later", "unknown")),
        ("app.api.S.own", ("property", "app/services.py:Service.own", "unknown")),
        ("app.services", ("module", "app/services.py:", "unknown")),
        ("app.services.open", ("function", "builtins:open", "plain")),
    ],
)
def test_target_of_patch_leads_to_its_definition(
    repository: Repository, target: str, expected: tuple[str, str, str]
) -> None:
    assert shown(repository(SHOP).imported(target, "tests/test_api.py")) == expected


def test_place_is_file_and_line(repository: Repository) -> None:
    objects = repository(SHOP)
    assert objects.place(objects.imported("app.api.service.get", "tests/test_api.py")) == "app/services.py:4"


@pytest.mark.parametrize(
    ("target", "automatic"),
    [
        ("app.api.service.get", True),
        ("app.api.service.count", False),
        ("app.api.service.rows", False),
        ("app.api.service", False),
        ("app.api.S", False),
    ],
)
def test_says_whether_patch_makes_an_async_mock_of_it(repository: Repository, target: str, automatic: bool) -> None:
    assert repository(SHOP).imported(target, "tests/test_api.py").auto_async is automatic


def test_names_in_a_method(repository: Repository) -> None:
    objects = repository(SHOP)

    def named(dotted: str) -> tuple[str, str, str]:
        return shown(objects.named("app/services.py", dotted, "Service.rows"))

    assert named("self") == ("instance", "app/services.py:Service", "unknown")
    assert named("self.session.add") == ("function", "app/db.py:Session.add", "plain")
    assert named("inner.execute") == ("function", "app/db.py:Session.execute", "coroutine")
    assert objects.named("app/services.py", "session", "Service.__init__").qualname == "Session"
    assert objects.named("app/services.py", "other", "Service.__init__").what is What.UNKNOWN


def test_what_calls_give(repository: Repository) -> None:
    objects = repository(SHOP)
    service = objects.imported("app.services.Service", "tests/test_api.py")

    assert objects.returned(service).what is What.INSTANCE
    assert objects.returned(objects.member(service, "get")).qualname == "int"
    assert objects.returned(objects.named("app/api.py", "make")).qualname == "Service"
    assert objects.entered(objects.named("app/db.py", "open_session")).qualname == "Session"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Session", "Session"),
        ("Session | None", "Session"),
        ("'Session'", "Session"),
        ("typing.Optional['Session']", "Session"),
        ("typing.Annotated[Session, 1]", "Session"),
        ("Alias", "Session"),
    ],
)
def test_annotation_describes_an_instance(repository: Repository, annotation: str, expected: str) -> None:
    objects = repository(
        {"a.py": "import typing\nclass Session: ...\nAlias = typing.Annotated[typing.Optional[Session], 'x']\n"}
    )
    found = objects.annotated("a.py", annotation)
    assert (found.what, found.qualname) == (What.INSTANCE, expected)


def test_annotation_of_several_classes_stays_open(repository: Repository) -> None:
    objects = repository({"a.py": "class A: ...\nclass B: ...\n"})
    assert objects.annotated("a.py", "A | B").what is What.UNKNOWN
    assert objects.annotated("a.py", "type[A]").what is What.CLASS


@pytest.mark.parametrize(
    ("source", "calling", "automatic"),
    [
        ("async def f(): ...", Calling.COROUTINE, True),
        ("def f(): ...", Calling.SYNC, False),
        ("async def f(): yield 1", Calling.ASYNC_ITERATOR, False),
        ("async def f(): g((yield))", Calling.ASYNC_ITERATOR, False),
        ("def f() -> Awaitable[int]: ...", Calling.COROUTINE, False),
        ("def f() -> 'asyncio.Future[int]': ...", Calling.COROUTINE, False),
        ("def f() -> int | Awaitable[int]: ...", Calling.COROUTINE, False),
        ("def f() -> AsyncIterator[int]: ...", Calling.ASYNC_ITERATOR, False),
        ("async def g(): ...\ndef f(): return g()", Calling.COROUTINE, False),
        ("async def g(): ...\ndef f(x):\n    if x: return 1\n    return g()", Calling.EITHER, False),
        ("async def g(): ...\ndef f(x):\n    if x: return asyncio.run(g())\n    return g()", Calling.EITHER, False),
        ("async def g(): ...\ndef f(x):\n    if x: return None\n    return g()", Calling.COROUTINE, False),
        (
            "@overload\ndef f() -> int: ...\n@overload\ndef f(x: int) -> Awaitable[int]: ...\ndef f(*x): ...",
            Calling.EITHER,
            False,
        ),
        (
            "@overload\ndef f() -> Awaitable[str]: ...\n@overload\ndef f(x: int) -> Awaitable[int]: ...\n"
            "def f(*x) -> Awaitable[int | str]: ...",
            Calling.COROUTINE,
            False,
        ),
        ("@asynccontextmanager\nasync def f(): yield 1", Calling.ASYNC_CONTEXT, False),
        ("@functools.lru_cache\nasync def f(): ...", Calling.COROUTINE, False),
        ("@staticmethod\nasync def f(): ...", Calling.COROUTINE, True),
        ("@unheard.of\nasync def f(): ...", Calling.COROUTINE, None),
        ("async def g(): ...\nf = g", Calling.COROUTINE, True),
        ("f = functools.partial(g)\nasync def g(): ...", Calling.COROUTINE, True),
        ("class C:\n    async def __call__(self): ...\nf = C()", Calling.COROUTINE, False),
        ("f: Callable[[int], Awaitable[int]] = unheard", Calling.COROUTINE, False),
        ("f = lambda: 1", Calling.SYNC, False),
    ],
)
def test_what_a_call_gives_follows_from_the_source(
    repository: Repository, source: str, calling: Calling, automatic: bool | None
) -> None:
    imports = (
        "import asyncio, functools\nfrom collections.abc import AsyncIterator, Awaitable, Callable\n"
        "from contextlib import asynccontextmanager\nfrom typing import overload\n"
    )
    found = repository({"a.py": f"{imports}{source}\n"}).named("a.py", "f")
    assert (found.calling, found.auto_async) == (calling, automatic)


DECORATORS = (
    "import asyncio, functools\n"
    "from typing import Callable, TypeVar\n"
    "F = TypeVar('F')\n"
    "def same(f):\n    registry.append(f)\n    return f\n"
    "def typed(f: F) -> F: return unheard(f)\n"
    "def factory(n) -> Callable[[F], F]: return unheard(n)\n"
    "def asynchronous(f):\n    @functools.wraps(f)\n    async def inner(*a): return await f(*a)\n    return inner\n"
    "def plain(f):\n    @functools.wraps(f)\n    def inner(*a): return f(*a)\n    return inner\n"
    "def dual(f):\n"
    "    def inner(*a):\n        if x: return f(*a)\n        return asyncio.run(f(*a))\n    return inner\n"
    "def branching(f):\n"
    "    if asyncio.iscoroutinefunction(f):\n        async def one(*a): ...\n        return one\n"
    "    def two(*a): return f(*a)\n    return two\n"
    "def running(f):\n    def inner(*a): return asyncio.run(f(*a))\n    return inner\n"
    "def looping(f):\n"
    "    def inner(*a):\n        result = loop.run_until_complete(f(*a))\n        return result\n    return inner\n"
    "def silent(f):\n    def inner(*a): asyncio.run(f(*a))\n    return inner\n"
    "def times(n):\n    def over(f):\n        async def inner(*a): ...\n        return inner\n    return over\n"
)


@pytest.mark.parametrize(
    ("decorated", "calling", "automatic", "doubts"),
    [
        ("@same\nasync def f(): ...", Calling.COROUTINE, True, ()),
        ("@typed\nasync def f(): ...", Calling.COROUTINE, None, ()),
        ("@factory(3)\nasync def f(): ...", Calling.COROUTINE, None, ()),
        ("@asynchronous\nasync def f(): ...", Calling.COROUTINE, True, ()),
        ("@asynchronous\ndef f(): ...", Calling.COROUTINE, True, ()),
        ("@plain\nasync def f(): ...", Calling.COROUTINE, False, ()),
        ("@plain\ndef f(): ...", Calling.SYNC, False, ()),
        ("@dual\nasync def f(): ...", Calling.EITHER, False, ("dual",)),
        ("@running\nasync def f(): ...", Calling.SYNC, False, ()),
        ("@running\ndef f(): ...", Calling.SYNC, False, ()),
        ("@looping\nasync def f(): ...", Calling.SYNC, False, ()),
        ("@silent\nasync def f(): ...", Calling.SYNC, False, ()),
        ("@branching\nasync def f(): ...", Calling.COROUTINE, True, ()),
        ("@branching\ndef f(): ...", Calling.SYNC, False, ()),
        ("@times(3)\nasync def f(): ...", Calling.COROUTINE, True, ()),
        ("@unheard\nasync def f(): ...", Calling.COROUTINE, None, ("unheard",)),
        ("@unheard(1)\ndef f(): ...", Calling.SYNC, None, ("unheard()",)),
    ],
)
def test_decorators_are_looked_into(
    repository: Repository, decorated: str, calling: Calling, automatic: bool | None, doubts: tuple[str, ...]
) -> None:
    found = repository({"a.py": f"{DECORATORS}{decorated}\n"}).named("a.py", "f")
    assert (found.calling, found.auto_async, found.decorators) == (calling, automatic, doubts)


def test_generic_base_knows_what_it_is_of(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": (
                "from typing import Generic, TypeVar\n"
                "T = TypeVar('T')\n"
                "class User:\n    async def save(self): ...\n"
                "class Repo(Generic[T]):\n    async def get(self) -> T | None: ...\n    def again(self): return self\n"
                "class Users(Repo[User]):\n    async def all(self): ...\n"
            )
        }
    )
    users = objects.named("a.py", "Users")
    assert objects.returned(objects.member(users, "get")).qualname == "User"
    assert objects.named("a.py", "Users().again().all").calling is Calling.COROUTINE


TWINS = {"aio.py": "class C:\n    async def f(self): ...\n", "plain.py": "class C:\n    def f(self): ...\n"}


@pytest.mark.parametrize(
    ("source", "calling"),
    [
        ("if TYPE_CHECKING:\n    from aio import C\nelse:\n    from plain import C\n", Calling.SYNC),
        ("if not TYPE_CHECKING:\n    from aio import C\nelse:\n    from plain import C\n", Calling.COROUTINE),
        ("if TYPE_CHECKING:\n    from aio import C\nelse:\n    C = object\n", Calling.COROUTINE),
        ("if TYPE_CHECKING:\n    from aio import C\nelse:\n    C = lazy('aio')\n", Calling.COROUTINE),
    ],
)
def test_what_runs_counts_where_it_is_known(repository: Repository, source: str, calling: Calling) -> None:
    objects = repository({**TWINS, "a.py": f"from typing import TYPE_CHECKING\n{source}", "test_a.py": ""})
    assert objects.imported("a.C.f", "test_a.py").calling is calling


def test_what_is_imported_for_types_alone_is_missing_when_code_runs(repository: Repository) -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from aio import C\ndef f(c: 'C'): ...\n"
    objects = repository({**TWINS, "a.py": source, "test_a.py": "import a\n"})
    assert objects.imported("a.C", "test_a.py").what is What.MISSING
    assert objects.imported("a.C.f", "test_a.py").what is What.MISSING
    assert objects.member(objects.named("test_a.py", "a"), "C").what is What.MISSING
    assert objects.named("a.py", "c.f", "f").calling is Calling.COROUTINE


@pytest.mark.parametrize(
    "source",
    [
        "if TYPE_CHECKING or x:\n    from aio import C\n",
        "if TYPE_CHECKING:\n    from aio import C\ndef __getattr__(name): ...\n",
        "if TYPE_CHECKING:\n    from aio import C\nfrom unheard import *\n",
    ],
)
def test_nothing_is_missing_that_may_be_there_for_more_than_types(repository: Repository, source: str) -> None:
    objects = repository({**TWINS, "a.py": f"from typing import TYPE_CHECKING\n{source}", "test_a.py": ""})
    assert objects.imported("a.C", "test_a.py").what is not What.MISSING


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from aio import f\ndef f(): ...", ("function", "a.py:f", "plain")),
        ("if x:\n    async def f(): ...\ndef f(): ...", ("function", "a.py:f", "plain")),
        ("def f(): ...\nwith x:\n    async def f(): ...", ("function", "a.py:f", "coroutine")),
        (
            "class S:\n    def g(self): ...\n    async def g(self): ...\nf = S().g",
            ("function", "a.py:S.g", "coroutine"),
        ),
        (
            "class S:\n    @property\n    def g(self) -> int: ...\n    @g.setter\n    def g(self, to): ...\nf = S().g",
            ("instance", "builtins:int", "unknown"),
        ),
        ("f = 1\nf = None", ("instance", "builtins:int", "unknown")),
        ("def f(): ...\nf = unheard(f)", ("unknown", ":", "unknown")),
        ("def wrap(g):\n    return lambda: 1\nasync def f(): ...\nf = wrap(f)", ("unknown", ":", "unknown")),
        ("class S: ...\nf = S()\nf = wrapped(f)", ("instance", "a.py:S", "unknown")),
    ],
)
def test_last_binding_counts(repository: Repository, source: str, expected: tuple[str, str, str]) -> None:
    files = {"a.py": f"def wrapped(x): return x\n{source}\n", "aio.py": "async def f(): ...\n", "test_a.py": ""}
    assert shown(repository(files).imported("a.f", "test_a.py")) == expected


@pytest.mark.parametrize(
    "source",
    [
        "if x:\n    def f(): ...\nelse:\n    async def f(): ...",
        "try:\n    import x\n    def f(): ...\nexcept ImportError:\n    async def f(): ...",
        "try:\n    from plain import f\nexcept ImportError:\n    from aio import f",
        "def f(): ...\nif x:\n    async def f(): ...",
        "def f(): ...\ndef setup():\n    global f\n    from aio import f",
    ],
)
def test_functions_of_both_kinds_that_may_be_the_one(repository: Repository, source: str) -> None:
    files = {"a.py": f"{source}\n", "aio.py": "async def f(): ...\n", "plain.py": "def f(): ...\n", "test_a.py": ""}
    found = repository(files).imported("a.f", "test_a.py")
    assert (found.what, found.rule) == (What.UNKNOWN, "unresolved-target")
    assert sorted(one.calling for one in found.arguments) == [Calling.COROUTINE, Calling.SYNC]


def test_method_that_one_of_two_classes_has(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": "from b import A\nfrom c import B\ndef f(x: A | B): ...\n",
            "b.py": "class A:\n    async def both(self): ...\n    async def own(self): ...\n",
            "c.py": "class B:\n    def both(self): ...\n",
        }
    )
    both = objects.named("a.py", "x.both", "f")

    assert objects.named("a.py", "x.own", "f").calling is Calling.COROUTINE
    assert both.what is What.UNKNOWN
    assert [one.calling for one in both.arguments] == [Calling.COROUTINE, Calling.SYNC]


@pytest.mark.parametrize(
    "source",
    [
        "service, other = Service(), 1",
        "[other, (service, more)] = 1, (Service(), 2)",
        "service: Service = unheard()",
        "(service := Service())",
        "other = (service := Service())",
        "if other and (service := Service()): ...",
        "other = service = Service()",
        "service = None\ndef start():\n    global service\n    service = Service()",
        "service = None\ndef start():\n    global service, other\n    service, other = Service(), 1",
        "class Held:\n    own = Service()\nservice = Held.own",
        "class Held:\n    own, more = Service(), 1\nservice = Held().own",
    ],
)
def test_instances_of_a_module(repository: Repository, source: str) -> None:
    files = {"a.py": f"class Service:\n    async def get(self): ...\n{source}\n", "test_a.py": ""}
    assert repository(files).imported("a.service.get", "test_a.py").calling is Calling.COROUTINE


def test_circles_end_in_doubt(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": "from b import x\n",
            "b.py": "from a import x\n",
            "test_a.py": "",
            "c.py": "class A(B): ...\nclass B(A): ...\nx = y\ny = x\ndef f(): return f()\n",
        }
    )
    assert objects.named("a.py", "x").rule == "import-cycle"
    assert objects.imported("a.x", "test_a.py").rule == "import-cycle"
    assert objects.imported("a.x.y", "test_a.py").rule == "import-cycle"
    assert objects.named("c.py", "A().x").what is What.UNKNOWN
    assert objects.named("c.py", "x").what is What.UNKNOWN
    assert objects.named("c.py", "f").calling is Calling.SYNC


@pytest.mark.parametrize(
    ("dotted", "closest"),
    [
        ("app.services.servce", "service"),
        ("app.services.Service.cuont", "count"),
        ("app.api.service.session.exectue", "execute"),
        ("app.servies.x", "services"),
    ],
)
def test_says_what_is_missing_and_what_is_close(repository: Repository, dotted: str, closest: str) -> None:
    found = repository(SHOP).imported(dotted, "tests/test_api.py")
    assert (found.what, found.closest) == (What.MISSING, closest)


def test_nothing_is_missing_under_a_name_that_a_comprehension_binds(repository: Repository) -> None:
    source = "class C: ...\nx = C()\ny = C()\nz = [x.strip() for x in ('a', 'b')]\n"
    objects = repository({"a.py": source})
    assert objects.named("a.py", "x.strip").what is What.UNKNOWN
    assert objects.named("a.py", "y.strip").what is What.MISSING


@pytest.mark.parametrize(
    "source",
    [
        "def __getattr__(name): ...",
        "globals()['x'] = 1",
        "from unheard import *",
        "import sys\nsys.modules[__name__].x = 1",
        "class C(Unheard): ...\nx = 1\ndel x",
    ],
)
def test_nothing_is_missing_from_a_module_that_adds_names(repository: Repository, source: str) -> None:
    found = repository({"a.py": f"{source}\n", "test_a.py": ""}).imported("a.x", "test_a.py")
    assert found.what is not What.MISSING


@pytest.mark.parametrize("folder", ["tests/models", "shop/auth", "shop"])
def test_nothing_is_missing_from_a_package_that_may_not_be_the_one(repository: Repository, folder: str) -> None:
    files = {"shop/__init__.py": "", f"{folder}/azure/__init__.py": "", "tests/models/test_a.py": ""}
    assert repository(files).imported("azure.identity.Credential", "tests/models/test_a.py").what is What.UNKNOWN


@pytest.mark.parametrize("folder", ["", "src/", "backend/", "packages/shop/src/"])
def test_missing_from_a_package_on_the_import_path(repository: Repository, folder: str) -> None:
    files = {f"{folder}shop/__init__.py": "", f"{folder}shop/a.py": "", "tests/test_a.py": "", "src/__init__.py": ""}
    assert repository(files).imported("shop.b.C", "tests/test_a.py").what is What.MISSING


@pytest.mark.parametrize(
    "source",
    [
        "class C(Unheard): ...",
        "class C:\n    def __getattr__(self, name): ...",
        "class C:\n    def f(self): setattr(self, n, 1)",
        "class C:\n    def f(self): self.__dict__.update(a=1)",
        "class C(metaclass=M): ...",
        "@unheard\nclass C: ...",
        "class C: ...\nC.x = 1",
        "class C: ...\nsetattr(C, 'x', 1)",
        "from enum import Enum\nclass C(Enum): ...",
        "from typing import Protocol\nclass C(Protocol):\n    def f(self): ...",
        "import typing as t\nT = t.TypeVar('T')\nclass C(t.Protocol[T]):\n    def f(self): ...",
        "class C: ...\nclass D(C):\n    def x(self): ...",
    ],
)
def test_nothing_is_missing_from_a_class_that_adds_attributes(repository: Repository, source: str) -> None:
    assert repository({"a.py": f"{source}\n"}).named("a.py", "C().x").what is not What.MISSING


def test_method_with_a_parameter_of_its_result_does_not_return_itself(repository: Repository) -> None:
    source = "class C:\n    @staticmethod\n    def f(x: str) -> str: ...\n    def g(self: 'C') -> 'C': ...\n"
    objects = repository({"a.py": f"{source}class D(C): ...\n"})
    assert objects.named("a.py", "D().f()").qualname == "str"
    assert objects.named("a.py", "D().g()").qualname == "C"


def test_import_that_stands_in_for_another(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": "try:\n    import unheard as tool\nexcept ImportError:\n    import b as tool\nimport unheard\n"
            "x = unheard.get()\nif tool:\n    x = tool.B()\n",
            "b.py": "class B: ...\n",
        }
    )
    assert objects.named("a.py", "tool").file == "b.py"
    assert objects.named("a.py", "x").what is What.UNKNOWN


def test_value_from_a_parameter_without_annotation_stays_open(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": (
                "class A: ...\n"
                "def f(client, given):\n    x = client.get()\n    x = A()\n    y = given\n    y = A()\n"
                "    z = given or A()\n"
            )
        }
    )
    assert objects.named("a.py", "x", "f").what is What.UNKNOWN
    assert objects.named("a.py", "y", "f").qualname == "A"
    assert objects.named("a.py", "z", "f").qualname == "A"


def test_module_that_only_type_checkers_see_as_something_else(repository: Repository) -> None:
    objects = repository(
        {
            "p/__init__.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.a import a\n",
            "p/a.py": "class A: ...\na = A()\n",
            "t.py": "from p import a\n",
        }
    )
    assert objects.named("t.py", "a").what is What.UNKNOWN
    assert objects.imported("p.a.A", "t.py").what is What.CLASS


def test_proxy_passes_attributes_on(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": (
                "class Settings(Unheard):\n    def load(self) -> None: ...\n    name: str\n"
                "def get() -> Settings: ...\n"
                "class Proxy:\n    def __getattr__(self, key): return getattr(get(), key)\n"
                "settings = Proxy()\n"
            )
        }
    )
    assert objects.named("a.py", "settings.load").calling is Calling.SYNC
    assert objects.named("a.py", "settings.name").qualname == "str"
    assert objects.named("a.py", "settings.other").what is What.UNKNOWN


def test_module_makes_an_object_when_it_is_asked(repository: Repository) -> None:
    objects = repository(
        {
            "a.py": (
                "_made = None\nclass Service:\n    async def get(self): ...\n"
                "def __getattr__(name):\n    global _made\n    if name == 'service':\n"
                "        if _made is None:\n            _made = Service()\n        return _made\n"
                "    raise AttributeError(name)\n"
            ),
            "test_a.py": "",
        }
    )
    assert objects.imported("a.service.get", "test_a.py").calling is Calling.COROUTINE
    assert objects.imported("a.other.get", "test_a.py").what is What.UNKNOWN


def test_says_which_function_imports_what_the_module_lacks(repository: Repository) -> None:
    objects = repository({"a.py": "def f():\n    from b import c\n", "b.py": "c = 1\n", "test_a.py": ""})
    found = objects.imported("a.c", "test_a.py")
    assert (found.what, found.reason) == (What.MISSING, "a.py has no `c`, only `f` imports `b.c`")


def test_package_that_is_not_installed(repository: Repository) -> None:
    objects = repository({"a.py": "import unheard\nfrom unheard.b import C\nc = C()\n", "test_a.py": ""})
    assert objects.imported("a.C", "test_a.py").rule == "not-installed"
    assert objects.imported("a.c.get", "test_a.py").rule == "not-installed"
    assert objects.imported("unheard.x.y", "test_a.py").rule == "not-installed"


def test_strange_input_never_raises(repository: Repository) -> None:
    objects = repository({"a.py": "x = " + "+".join(["1"] * 3000) + "\n", "broken.py": "def\n"})
    for text in ("", ".", "a..b", "a.", "1 +", "x" * 5000, "(" * 300, "a" + ".b" * 3000):
        assert objects.imported(text, "a.py").what is not What.FUNCTION
        assert objects.named("a.py", text).what is not What.FUNCTION
        assert objects.annotated("a.py", text).what is not What.FUNCTION
    assert objects.named("broken.py", "x").what is What.UNKNOWN
    assert objects.named("gone.py", "x").what is What.UNKNOWN


@pytest.mark.parametrize(
    ("returns", "is_certain"),
    [("Sequence[str]", True), ("Mapping[str, int]", True), ("list[str]", True), ("Any", False), ("Wizard", False)],
)
def test_is_certain_of_a_plain_function_whose_annotation_says_so(
    repository: Repository, returns: str, is_certain: bool
) -> None:
    text = f"from collections.abc import Mapping, Sequence\nfrom typing import Any\ndef find(all) -> {returns}:\n"
    objects = repository({"a.py": f"{text}    return all.of_them()\n"})
    found = objects.named("a.py", "find")
    assert (found.calling, found.is_certain) == (Calling.SYNC, is_certain)
