"""Libraries as they come: stubs, stars, wrappers and generics; each stand-in is one way to mislead a reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenmod.facts.objects.thing import Calling, What
from greenmod.facts.project import Environment, Project
from tests.facts.objects.conftest import Repository

STARRED = {
    "web/__init__.py": "from ._client import *\n",
    "web/_client.py": (
        "__all__ = ['Client']\n"
        "class Client:\n"
        "    async def get(self): ...\n"
        "    def build(self) -> None: ...\n"
        "class Hidden: ...\n"
    ),
}
CONDITIONAL = {
    "web/__init__.py": (
        "import sys\n"
        "from typing import TYPE_CHECKING, Any, Coroutine, Generator, Generic, TypeVar\n"
        "R = TypeVar('R')\n"
        "class Response:\n    async def json(self): ...\n    def release(self) -> None: ...\n"
        "class Manager(Coroutine[Any, Any, R], Generic[R]):\n"
        "    def __await__(self) -> Generator[Any, None, R]: ...\n"
        "    async def __aenter__(self) -> R: ...\n"
        "    async def __aexit__(self, *error): ...\n"
        "Request = Manager[Response]\n"
        "class Session:\n"
        "    if sys.version_info >= (3, 11) and TYPE_CHECKING:\n"
        "        def get(self, url) -> 'Request': ...\n"
        "    else:\n"
        "        def get(self, url): return Manager(self)\n"
    ),
}
STUBBED = {
    "mongo/__init__.py": "from mongo.core import Collection\n",
    "mongo/core.py": "class Collection:\n    find_one = Read()\n    find = Read()\n",
    "mongo/core.pyi": (
        "class Cursor:\n    def __aiter__(self) -> Cursor: ...\n    async def to_list(self) -> list: ...\n"
        "class Collection:\n    async def find_one(self): ...\n    def find(self) -> Cursor: ...\n"
    ),
}
LOOKALIKE = {
    "lite/context.py": (
        "from functools import wraps\n"
        "from typing import Any, Callable, Coroutine, Generator, Generic, TypeVar\n"
        "T = TypeVar('T')\n"
        "class Result(Generic[T]):\n"
        "    def __await__(self) -> Generator[Any, None, T]: ...\n"
        "    async def __aenter__(self) -> T: ...\n"
        "    async def __aexit__(self, *error): ...\n"
        "def contextmanager(method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Result[T]]:\n"
        "    @wraps(method)\n"
        "    def wrapper(self, *args) -> Result[T]:\n        return Result(method(self, *args))\n"
        "    return wrapper\n"
    ),
    "lite/__init__.py": (
        "from .context import contextmanager\n"
        "class Cursor:\n    async def fetchall(self): ...\n"
        "class Connection:\n    @contextmanager\n    async def execute(self) -> Cursor: ...\n"
    ),
}
WRAPPED = {
    "ai/_utils.py": (
        "import functools\nfrom typing import Callable, TypeVar\n"
        "CallableT = TypeVar('CallableT', bound=Callable)\n"
        "def required(*names) -> Callable[[CallableT], CallableT]:\n"
        "    def inner(func):\n"
        "        @functools.wraps(func)\n"
        "        def wrapper(*args, **kwargs):\n            check(names)\n            return func(*args, **kwargs)\n"
        "        return wrapper\n"
        "    return inner\n"
    ),
    "ai/__init__.py": (
        "from __future__ import annotations\nfrom functools import cached_property\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from .chat import Chat\n"
        "class AI:\n    @cached_property\n    def chat(self) -> Chat:\n"
        "        from .chat import Chat\n        return Chat()\n"
    ),
    "ai/chat.py": "from ._utils import required\nclass Chat:\n    @required('x')\n    async def create(self): ...\n",
}
COMMANDS = {
    "redis/__init__.py": "from redis.client import Redis\n",
    "redis/typing.py": "from typing import Any, Awaitable, Union\nResponseT = Union[Awaitable[Any], Any]\n",
    "redis/commands.py": (
        "from redis.typing import ResponseT\nclass Commands:\n"
        "    def get(self, name) -> ResponseT: ...\n    def keys(self) -> ResponseT: ...\n    list = keys\n"
    ),
    "redis/client.py": "from redis.commands import Commands\nclass Redis(Commands): ...\n",
    "redis/asyncio/__init__.py": "from redis.asyncio.client import Redis\n",
    "redis/asyncio/client.py": (
        "from redis.commands import Commands\n"
        "class Redis(Commands):\n    def pipeline(self) -> 'Pipeline': ...\n"
        "class Pipeline(Redis):\n    async def execute(self): ...\n    async def __aenter__(self): return self\n"
    ),
}
SESSIONS = {
    "orm.py": (
        "from typing import Any, Generic, TypeVar\n"
        "class Session:\n    async def execute(self): ...\n    async def __aenter__(self): return self\n"
        "S = TypeVar('S', bound='Session')\n"
        "class maker(Generic[S]):\n    def __call__(self, **kw: Any) -> S: ...\n"
    ),
}
CLOUD = {
    "aiobotocore/client.py": "class AioBaseClient:\n    def get_paginator(self, name: str) -> object: ...\n",
}


@pytest.mark.parametrize(
    ("library", "imports", "dotted", "calling"),
    [
        (STARRED, "import web", "web.Client().get", Calling.COROUTINE),
        (STARRED, "from web import *", "Client().build", Calling.SYNC),
        (STUBBED, "import mongo", "mongo.Collection().find_one", Calling.COROUTINE),
        (STUBBED, "import mongo", "mongo.Collection().find", Calling.ASYNC_ITERATOR),
        (STUBBED, "import mongo", "mongo.Collection().find().to_list", Calling.COROUTINE),
        (LOOKALIKE, "import lite", "lite.Connection().execute", Calling.AWAITABLE_CONTEXT),
        (LOOKALIKE, "import lite", "(await lite.Connection().execute()).fetchall", Calling.COROUTINE),
        (WRAPPED, "import ai", "ai.AI().chat.create", Calling.COROUTINE),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().get", Calling.COROUTINE),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().list", Calling.COROUTINE),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().pipeline", Calling.ASYNC_CONTEXT),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().pipeline().get", Calling.SYNC),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().pipeline().list", Calling.SYNC),
        (COMMANDS, "import redis.asyncio", "redis.asyncio.Redis().pipeline().execute", Calling.COROUTINE),
        (COMMANDS, "import redis", "redis.Redis().get", Calling.SYNC),
        (SESSIONS, "import orm\nmake = orm.maker()", "make", Calling.ASYNC_CONTEXT),
        (SESSIONS, "import orm\nmake = orm.maker()", "make().execute", Calling.COROUTINE),
        (CLOUD, "from aiobotocore.client import AioBaseClient as C", "C().put_object", Calling.COROUTINE),
        (CLOUD, "from aiobotocore.client import AioBaseClient as C", "C().get_paginator", Calling.SYNC),
    ],
)
def test_reads_what_an_installed_library_says(
    repository: Repository, library: dict[str, str], imports: str, dotted: str, calling: Calling
) -> None:
    assert repository({"a.py": f"{imports}\n"}, library).named("a.py", dotted).calling is calling


def test_request_can_be_awaited_and_entered(repository: Repository) -> None:
    objects = repository({"a.py": "import web\n"}, CONDITIONAL)
    get = objects.named("a.py", "web.Session().get")

    assert get.calling is Calling.AWAITABLE_CONTEXT
    assert (objects.returned(get).qualname, objects.entered(get).qualname) == ("Response", "Response")
    assert objects.place(get) == "web/__init__.py:14"


def test_extract_of_absent_library_has_no_lines(repository: Repository) -> None:
    objects = repository({"a.py": "import httpx\n"})
    get = objects.named("a.py", "httpx.AsyncClient().get")

    assert get.calling is Calling.COROUTINE
    assert objects.place(get) == "httpx/_client.py"


def test_star_import_brings_what_all_names(repository: Repository) -> None:
    objects = repository({"a.py": "from web import *\n"}, STARRED)
    assert objects.named("a.py", "Client").what is What.CLASS
    assert objects.named("a.py", "Hidden").what is What.UNKNOWN


def test_star_import_puts_a_class_in_the_place_of_the_one_before(repository: Repository) -> None:
    files = {
        "cloud/__init__.py": (
            "from ._client import Client, Other\n"
            "try:\n    from ._patch import *\nexcept ImportError:\n    pass\n"
            "from ._last import Last\n"
        ),
        "cloud/_client.py": "class Client:\n    async def close(self): ...\nclass Other: ...\n",
        "cloud/_last.py": "class Last: ...\n",
        "cloud/_patch.py": (
            "from ._client import Client as Generated\n__all__ = ['Client', 'Last']\n"
            "class Client(Generated):\n    def connect(self) -> None: ...\n"
            "class Other: ...\nclass Last: ...\n"
        ),
    }
    objects = repository({"a.py": "from cloud import Client, Last, Other\n"}, libraries=files)
    assert [objects.named("a.py", name).file for name in ("Client", "Other", "Last")] == [
        "cloud/_patch.py",
        "cloud/_client.py",
        "cloud/_last.py",
    ]
    assert objects.imported("cloud.Client.connect", "a.py").calling is Calling.SYNC
    assert objects.imported("cloud.Client.close", "a.py").calling is Calling.COROUTINE


def test_star_import_that_can_not_be_followed(repository: Repository) -> None:
    objects = repository({"a.py": "from unheard import *\nfrom web import *\n"}, STARRED)
    assert objects.named("a.py", "Client").what is What.CLASS
    assert objects.named("a.py", "other").rule == "star-import"


@pytest.mark.parametrize(
    ("dotted", "calling", "automatic"),
    [
        ("asyncio.sleep", Calling.COROUTINE, True),
        ("asyncio.wait_for", Calling.COROUTINE, True),
        ("asyncio.to_thread", Calling.COROUTINE, True),
        ("asyncio.open_connection", Calling.COROUTINE, True),
        ("asyncio.create_subprocess_exec", Calling.COROUTINE, True),
        ("asyncio.gather", Calling.COROUTINE, False),
        ("asyncio.create_task", Calling.COROUTINE, False),
        ("asyncio.ensure_future", Calling.COROUTINE, False),
        ("asyncio.run", Calling.SYNC, False),
        ("asyncio.Queue().put", Calling.COROUTINE, True),
        ("asyncio.Queue().put_nowait", Calling.SYNC, False),
        ("asyncio.Event().wait", Calling.COROUTINE, True),
        ("asyncio.Event().set", Calling.SYNC, False),
        ("asyncio.Lock().acquire", Calling.COROUTINE, True),
        ("asyncio.Lock", Calling.ASYNC_CONTEXT, False),
        ("asyncio.StreamWriter().drain", Calling.COROUTINE, True),
        ("asyncio.StreamWriter().write", Calling.SYNC, False),
        ("asyncio.StreamReader", Calling.ASYNC_ITERATOR, False),
        ("(await asyncio.create_subprocess_exec()).communicate", Calling.COROUTINE, True),
        ("(await asyncio.create_subprocess_exec()).kill", Calling.SYNC, False),
        ("(await asyncio.create_subprocess_exec()).stdin.write", Calling.SYNC, False),
        ("asyncio.create_task(f()).cancel", Calling.SYNC, False),
        ("time.sleep", Calling.SYNC, False),
        ("os.path.exists", Calling.SYNC, False),
        ("logging.getLogger().info", Calling.SYNC, False),
    ],
)
def test_reads_the_standard_library(repository: Repository, dotted: str, calling: Calling, automatic: bool) -> None:
    objects = repository({"a.py": "import asyncio, logging, os, time\nasync def f(): ...\n"})
    found = objects.named("a.py", dotted)
    assert (found.calling, found.auto_async) == (calling, automatic)


def test_wrapped_library_function_is_no_coroutine_function(repository: Repository) -> None:
    assert repository({"a.py": "import ai\n"}, WRAPPED).named("a.py", "ai.AI().chat.create").auto_async is False


def test_stub_does_not_say_whether_the_real_one_is_a_coroutine_function(repository: Repository) -> None:
    found = repository({"a.py": "import mongo\n"}, STUBBED).named("a.py", "mongo.Collection().find_one")
    assert found.auto_async is None


def test_stub_package_stands_before_the_source(repository: Repository) -> None:
    library = {
        "cloud/__init__.py": "class C: ...\n",
        "cloud-stubs/__init__.pyi": "class C:\n    async def f(self): ...\n",
    }
    assert repository({"a.py": "import cloud\n"}, library).named("a.py", "cloud.C().f").calling is Calling.COROUTINE


def test_compiled_module_without_stub_is_unknown(repository: Repository) -> None:
    objects = repository({"a.py": "from fast import core\n"}, {"fast/__init__.py": "", "fast/core.cpython-312.so": ""})
    found = objects.named("a.py", "core.run")
    assert (found.what, found.rule) == (What.UNKNOWN, "unresolved-target")


def test_follows_pth_files_and_editable_finders(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    for name in ("one", "two"):
        (outside / name / name).mkdir(parents=True)
        (outside / name / name / "__init__.py").write_text("async def f(): ...\n")
    library = {
        "one.pth": f"# a comment\nimport something\n{outside / 'one'}\n",
        "__editable___two_1_0_finder.py": f"MAPPING: dict[str, str] = {{'two': {str(outside / 'two' / 'two')!r}}}\n",
    }
    objects = repository({"a.py": "import one, two\n"}, library)
    assert objects.named("a.py", "one.f").calling is Calling.COROUTINE
    assert objects.named("a.py", "two.f").calling is Calling.COROUTINE


@pytest.mark.parametrize("is_named", [True, False])
def test_environment_is_the_named_or_the_active_one(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_named: bool
) -> None:
    repository({"a.py": "import web\n"}, {"web.py": "def f(): ...\n"})
    other = tmp_path / "other"
    packages = other / "lib" / "python3.12" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "web.py").write_text("async def f(): ...\n")
    if not is_named:
        monkeypatch.setenv("VIRTUAL_ENV", str(other))
    python = other / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    environment = Environment(python if is_named else None)
    project = Project(tmp_path, ("a.py",), {}, lambda path: None, lambda words: {}, environment=environment)

    assert project.objects().named("a.py", "web.f").calling is Calling.COROUTINE


@pytest.mark.parametrize(
    ("dotted", "calling"),
    [
        ("AsyncSession().execute", Calling.COROUTINE),
        ("AsyncSession().add", Calling.SYNC),
        ("AsyncSession().begin", Calling.AWAITABLE_CONTEXT),
        ("(await AsyncSession().execute()).scalars", Calling.SYNC),
        ("redis.Redis().get", Calling.COROUTINE),
        ("redis.Redis().pipeline().get", Calling.SYNC),
        ("httpx.AsyncClient().get", Calling.COROUTINE),
        ("(await httpx.AsyncClient().get()).json", Calling.SYNC),
        ("openai.AsyncOpenAI().chat.completions.create", Calling.COROUTINE),
        ("asyncpg.create_pool", Calling.AWAITABLE_CONTEXT),
    ],
)
def test_common_libraries_are_known_where_they_are_not_installed(tmp_path: Path, dotted: str, calling: Calling) -> None:
    imports = "import httpx, openai, asyncpg, redis.asyncio as redis\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
    (tmp_path / "a.py").write_text(imports)
    python = tmp_path / "bin" / "python"  # of an environment without packages
    python.parent.mkdir()
    python.touch()
    environment = Environment(python)
    project = Project(tmp_path, ("a.py",), {}, lambda path: None, lambda words: {}, environment=environment)

    assert project.objects().named("a.py", dotted).calling is calling


def test_nothing_is_missing_from_the_extract_of_a_library(repository: Repository, tmp_path: Path) -> None:
    objects = repository({"a.py": "import asyncpg\n", "test_a.py": ""})
    found = objects.imported("asyncpg.exotic", "test_a.py")
    assert (found.what, found.rule) == (What.UNKNOWN, "not-installed")
    assert objects.named("a.py", "asyncpg.Pool().exotic").what is What.UNKNOWN


def test_nothing_is_missing_that_a_library_speaks_of(repository: Repository) -> None:
    library = {
        "web/__init__.py": "class Route: ...\n",
        "web/http.py": "from web import Route\nclass H(Route):\n    path = 1\n",
    }
    objects = repository({"a.py": "import web\n"}, library)
    assert objects.named("a.py", "web.Route().path").what is What.UNKNOWN
    assert objects.named("a.py", "web.Route().exotic").what is What.MISSING


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app/api/secrets.py": "x = 1", "app/api/__init__.py": "", "app/__init__.py": ""}, "secrets.py"),
        ({"app/engines/web.py": "x = 1", "app/__init__.py": ""}, "web/__init__.py"),
        ({"app/inner/web/__init__.py": "x = 1", "app/__init__.py": ""}, "web/__init__.py"),
        ({"web/__init__.py": "x = 1"}, "web/__init__.py"),
    ],
)
def test_repository_does_not_hide_modules_of_the_same_name(
    repository: Repository, files: dict[str, str], expected: str
) -> None:
    source = {"app/use.py": "import secrets, web\n"}
    objects = repository({**source, **files}, {"web/__init__.py": "class Client: ...\n"})
    name = "secrets" if "app/api/secrets.py" in files else "web"
    found = objects.named("app/use.py", name)
    assert (found.file, found.is_library) == (expected, "web/__init__.py" not in files)
