"""Compare what greenmod says of installed libraries, from their source, with what the running libraries are.

    python benchmarks/objects.py INTERPRETER [MODULE:CLASS ...]

The interpreter imports each class and looks at its attributes by `inspect.getattr_static`, wrappers taken off; greenmod
reads the source that the interpreter has. Every disagreement is printed, grouped by what either says. Most are right:
a plain function that returns an awaitable says so in its annotation alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from greenmod.facts.objects.objects import Objects
from greenmod.facts.objects.thing import Thing, What
from greenmod.facts.project import Environment, Project

CLASSES = """
aiobotocore.session:AioSession aiohttp:ClientResponse aiohttp:ClientSession aiosqlite:Connection aiosqlite:Cursor
anthropic.resources.messages:AsyncMessages anthropic:AsyncAnthropic asyncio.subprocess:Process asyncio:Event
asyncio:Lock asyncio:Queue asyncio:Semaphore asyncio:StreamReader asyncio:StreamWriter asyncio:Task
asyncpg.pool:Pool asyncpg.prepared_stmt:PreparedStatement asyncpg.transaction:Transaction asyncpg:Connection
celery:Celery elasticsearch:AsyncElasticsearch fastapi:APIRouter fastapi:FastAPI fastapi:Request fastapi:UploadFile
fastapi:WebSocket httpx:AsyncClient httpx:Client httpx:Response motor.motor_asyncio:AsyncIOMotorClient
motor.motor_asyncio:AsyncIOMotorCollection motor.motor_asyncio:AsyncIOMotorCursor
motor.motor_asyncio:AsyncIOMotorDatabase openai.resources.chat.completions:AsyncCompletions
openai.resources.embeddings:AsyncEmbeddings openai.resources.models:AsyncModels
openai.resources.responses:AsyncResponses openai:AsyncOpenAI psycopg:AsyncConnection psycopg:AsyncCursor
psycopg:Connection pymongo.asynchronous.collection:AsyncCollection pymongo.asynchronous.cursor:AsyncCursor
pymongo.asynchronous.database:AsyncDatabase pymongo:AsyncMongoClient redis.asyncio.client:Pipeline
redis.asyncio.client:PubSub redis.asyncio.lock:Lock redis.asyncio:Redis redis:Redis sqlalchemy.engine:Result
sqlalchemy.engine:ScalarResult sqlalchemy.ext.asyncio:AsyncConnection sqlalchemy.ext.asyncio:AsyncEngine
sqlalchemy.ext.asyncio:AsyncResult sqlalchemy.ext.asyncio:AsyncScalarResult sqlalchemy.ext.asyncio:AsyncSession
sqlalchemy.ext.asyncio:async_sessionmaker sqlalchemy.orm:Session sqlmodel.ext.asyncio.session:AsyncSession
types_aiobotocore_s3.client:S3Client websockets.asyncio.client:ClientConnection
"""
# Runs in the other interpreter.
_PROBE = """
import asyncio, functools, importlib, inspect, json, sys, warnings
warnings.simplefilter("ignore")

def kind(value):
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, type):
        return "class"
    if not callable(value):
        return "property" if hasattr(type(value), "__get__") else "value"
    inner = inspect.unwrap(value)
    while isinstance(inner, functools.partial):
        inner = inner.func
    found = "coroutine" if inspect.iscoroutinefunction(inner) else "plain"
    found = "async iterator" if inspect.isasyncgenfunction(inner) else found
    return found + (", and says so" if asyncio.iscoroutinefunction(value) else "")

answers = {}
for name in sys.argv[1:]:
    module, _, owner = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), owner)
    except Exception as error:
        answers[name] = repr(error)
        continue
    names = [each for each in dir(found) if not each.startswith("_")]
    answers[name] = {each: kind(inspect.getattr_static(found, each)) for each in names}
json.dump(answers, sys.stdout)
"""


def main() -> int:
    python = Path(sys.argv[1])
    names = sys.argv[2:] or CLASSES.split()
    done = subprocess.run([python, "-c", _PROBE, *names], capture_output=True, text=True, check=True)
    running = json.loads(done.stdout)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.py").write_text("")
        environment = Environment(python)
        objects = Project(
            Path(folder), ("a.py",), {}, lambda path: None, lambda words: {}, environment=environment
        ).objects()
        differing = sum(_compare(objects, name, members) for name, members in running.items())
    looked = sum(len(members) for members in running.values() if isinstance(members, dict))
    print(f"{looked} attributes, {differing} differ, {time.perf_counter() - began:.1f} s")
    return 0


def _compare(objects: Objects, name: str, members: dict[str, str] | str) -> int:
    """Print where the two disagree about a class; return how often."""
    found = objects.imported(name.replace(":", "."), "a.py")
    print(f"{name}: {found.what.value}, {found.calling.value} {found.reason}")
    if isinstance(members, str):
        print(f"    can't be imported: {members}")
        return 0
    groups: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for attribute, running in members.items():
        read = _kind(objects.member(found, attribute))
        if read != running and not (running in ("property", "value") and read in ("property", "instance")):
            groups[running, read].append(attribute)
    for (running, read), attributes in sorted(groups.items()):
        print(f"    runs as {running}, read as {read}: {' '.join(attributes)}")
    return sum(map(len, groups.values()))


def _kind(thing: Thing) -> str:
    if thing.what is not What.FUNCTION:
        return thing.what.value if thing.what is not What.UNKNOWN else f"unknown ({thing.reason})"
    doubts = f" under {', '.join(thing.decorators)}" if thing.decorators else ""
    return f"{thing.calling.value}{', and says so' if thing.auto_async else ''}{doubts}"


if __name__ == "__main__":
    sys.exit(main())
