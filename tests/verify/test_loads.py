"""What the plugin says of lazy loads, by real tests of a small application in a child process.

`GREENMOD_ORMS` may name more interpreters, separated as in PATH, which have pytest and another SQLAlchemy, such as 1.4.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

import greenmod.verify
from greenmod.facts.evidence.loads import LazyLoad
from greenmod.facts.evidence.observation import Frame
from greenmod.verify.outcomes import Record
from greenmod.verify.transcript import read

for needed in ("sqlalchemy", "aiosqlite"):
    pytest.importorskip(needed)

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
_ENVIRONMENT = ("GREENMOD_", "PYTEST_", "PYTHON")
_PYTHONS = [sys.executable, *filter(None, os.environ.get("GREENMOD_ORMS", "").split(os.pathsep))]

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, deferred, relationship

Base = declarative_base()

class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    bio = deferred(Column(String))
    books = relationship("Book", back_populates="author")

class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))
    author = relationship("Author", back_populates="books")
    reviews = relationship("Review")
    strict = relationship("Review", lazy="raise_on_sql", viewonly=True)

    @property
    def author_name(self):
        return self.author.name

class Review(Base):
    __tablename__ = "review"
    id = Column(Integer, primary_key=True)
    book_id = Column(ForeignKey("book.id"))

class Staff(Base):
    __tablename__ = "staff"
    id = Column(Integer, primary_key=True)
    kind = Column(String)
    boss_id = Column(ForeignKey("staff.id"))
    reports = relationship("Staff")
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "staff"}

class Manager(Staff):
    __mapper_args__ = {"polymorphic_identity": "manager"}
"""
QUERIES = """\
from sqlalchemy import select, text
from sqlalchemy.orm import aliased, selectinload
from models import Author, Book, Manager, Review, Staff

def titles(session):
    query = select(Author).order_by(Author.id)
    return [author.books for author in session.execute(query.limit(2)).scalars()]

def nested(session):
    authors = session.query(Author).all()
    return [review.id for author in authors for book in author.books for review in book.reviews]

def chained(session):
    authors = session.query(Author).options(selectinload(Author.books)).all()
    return [book.reviews for author in authors for book in author.books]

def eager(session):
    authors = session.query(Author).options(selectinload(Author.books)).all()
    return [book.id for author in authors for book in author.books]

def one(session):
    return session.get(Book, 1).reviews

def one_of_query(session):
    return session.query(Book).get(1).reviews

def names(session):
    return [book.author_name for book in session.query(Book)]

def other_name(session):
    writer = aliased(Author)
    return [author.books for author in session.execute(select(writer)).scalars()]

def again(session):
    first = session.query(Author).all()
    second = session.execute(select(Author)).scalars().all()
    return [author.books for author in first if second]

def by_hand(session):
    statement = select(Author).from_statement(text("select * from author"))
    return [author.books for author in session.execute(statement).scalars().all()]

def strict(session):
    return [book.strict for book in session.query(Book)]

def bios(session):
    return [author.bio for author in session.query(Author)]

def staff(session):
    return [one.reports for one in session.query(Staff) if isinstance(one, Manager)]

def line_by_line(session):
    authors = (
        session
        .query(Author)
        .all()
    )
    return [author.books for author in authors]

class Repository:
    def __init__(self, session, model):
        self.session = session
        self.model = model
    def all(self):
        return self.session.execute(select(self.model)).scalars().all()

def count_books(session):
    return [author.books for author in Repository(session, Author).all()]
def count_reviews(session):
    return [book.reviews for book in Repository(session, Book).all()]
def count_any(session):
    return [[getattr(one, name) for one in Repository(session, kind).all()]
            for kind, name in ((Author, "books"), (Book, "reviews"))]

async def get_later(session):
    return (await session.get(Book, 1)).reviews
async def list_later(session):
    books = (await session.execute(select(Book))).scalars().all()
    return [book.author for book in books]
async def refreshed_later(session):
    first = await session.get(Author, 1)
    await session.execute(select(Author).options(selectinload(Author.books)))
    await session.refresh(first)
    return first.books
async def run_sync(session):
    return await session.run_sync(lambda sync: titles(sync))
"""
TESTS = """\
import asyncio, pickle, threading
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
import queries
from models import Author, Base, Book, Manager, Review, Staff

def fill(session):
    for number in range(3):
        session.add(Author(bio="long", books=[Book(reviews=[Review()]) for _ in range(2)]))
    session.add(Manager(reports=[Staff(), Staff()]))
    session.commit()

@pytest.fixture
def session(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/db", connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session)
    with Session(engine) as session:
        yield session
    engine.dispose()

async def work(url, query):
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session:
        await session.run_sync(fill)
    async with AsyncSession(engine) as session:
        try:
            return await query(session)
        finally:
            await session.close()
            await engine.dispose()

SYNC = ["titles", "nested", "chained", "eager", "one", "one_of_query", "names", "other_name", "again", "by_hand",
        "bios", "staff", "line_by_line", "count_books", "count_reviews"]
@pytest.mark.parametrize("name", SYNC)
def test(session, name):
    assert getattr(queries, name)(session)
@pytest.mark.parametrize("name", ["get_later", "list_later", "refreshed_later"])
def test_later(tmp_path, name):
    with pytest.raises(Exception, match="greenlet_spawn"):
        asyncio.run(work(f"sqlite+aiosqlite:///{tmp_path}/db", getattr(queries, name)))
def test_run_sync(tmp_path):
    assert len(asyncio.run(work(f"sqlite+aiosqlite:///{tmp_path}/db", queries.run_sync))) == 2
def test_strict(session):
    with pytest.raises(Exception, match="raise_on_sql"):
        queries.strict(session)
def test_born(session):
    author = Author(name="new")
    session.add(author)
    session.commit()
    assert author.id and author.books == []
def test_detached(session):
    author = session.query(Author).first()
    session.expunge(author)
    with pytest.raises(Exception, match="not bound"):
        author.books
def test_thread(session):
    thread = threading.Thread(target=queries.titles, args=(session,))
    thread.start()
    thread.join()
def test_delete(session):
    session.delete(session.query(Author).first())
    session.flush()
def test_merge(session):
    with Session(session.get_bind()) as other:
        author = other.query(Author).first()
    session.merge(author, load=False)
def test_pickle(session):
    author = session.query(Author).first()
    assert b"greenmod" not in pickle.dumps(author)
    assert pickle.loads(pickle.dumps(author)).id == author.id
"""
ANY = """\
from test_queries import session
import queries
def test_any(session):
    assert queries.count_any(session)
"""


class Told(NamedTuple):
    """What a run left behind."""

    record: Record
    output: str
    folder: Path

    def loads(self, test: str) -> list[tuple[str, ...]]:
        """Return path, count and parents, kind of query, its text, the text of the access, and the failure."""
        return [self._shown(load) for load in self.record.loads.get(test, ())]

    def text(self, frame: Frame | None) -> str:
        """Return what stands at a place: the expression, or the line where columns are not known."""
        if frame is None:
            return ""
        lines = (self.folder / frame.path).read_text().splitlines()
        if frame.column is None or frame.end_line != frame.line:
            return lines[frame.line - 1].strip()
        return lines[frame.line - 1][frame.column : frame.end_column]

    def _shown(self, load: LazyLoad) -> tuple[str, ...]:
        query = ("", "") if load.query is None else (load.query.kind, self.text(load.query.frame))
        return (load.path, f"{load.count} of {load.parents}", *query, self.text(load.access), load.failure)


def run(folder: Path, files: Mapping[str, str], python: str = sys.executable, **order: object) -> Told:
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    results = folder.with_name(f"{folder.name}-results")
    asked: dict[str, object] = {
        "results": str(results),
        "root": str(folder.with_name("none")),
        "tree": os.path.realpath(folder),
    }
    asked |= {"changed": [], "only": None, "is_parallel": False, "traces": True, **order}
    order_file = folder.with_name(f"{folder.name}-order")
    order_file.write_text(json.dumps(asked))
    env = {name: value for name, value in os.environ.items() if not name.startswith(_ENVIRONMENT)}
    env |= {"GREENMOD_ORDER": str(order_file), "PYTHONPATH": str(_PLUGIN), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "greenmod_pytest", "-p", "no:cacheprovider"],
        cwd=folder,
        env=env,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    return Told(read(results.read_text().splitlines(keepends=True)), done.stdout + done.stderr, folder)


@pytest.fixture(scope="module", params=_PYTHONS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS}
    told = run(tmp_path_factory.mktemp("loads") / "shop", files, request.param)
    assert " passed" in told.output, told.output
    assert " failed" not in told.output, told.output
    assert told.record.untraced == ()
    return told


Expect = Callable[..., None]


@pytest.fixture
def expect(told: Told) -> Expect:
    """Compare the loads of a test with literal ones, by parts of their lines where Python knows no columns."""

    def expect(test: str, *expected: tuple[str, ...]) -> None:
        found = told.loads(f"test_queries.py::{test}")
        has_columns = any(load.query and load.query.column is not None for load in _all(told.record))
        if has_columns:
            assert found == list(expected)
            return
        assert len(found) == len(expected)
        for one, other in zip(sorted(found), sorted(expected), strict=True):
            assert all(part in line for line, part in zip(one, other, strict=True)), (one, other)

    return expect


def _all(record: Record) -> list[LazyLoad]:
    return [load for loads in record.loads.values() for load in loads]


def test_names_the_select_that_gave_the_rows(expect: Expect) -> None:
    expect("test[titles]", ("Author.books", "2 of 2", "select", "select(Author)", "author.books", ""))
    expect("test[other_name]", ("Author.books", "3 of 3", "select", "select(writer)", "author.books", ""))


def test_follows_the_way_from_the_root(expect: Expect) -> None:
    query = ("query", "session.query(Author)")
    expect(
        "test[nested]",
        ("Author.books", "3 of 3", *query, "author.books", ""),
        ("Author.books → Book.reviews", "6 of 6", *query, "book.reviews", ""),
    )
    expect("test[chained]", ("Author.books → Book.reviews", "6 of 6", *query, "book.reviews", ""))


def test_says_nothing_of_what_was_loaded_at_once(expect: Expect) -> None:
    expect("test[eager]")


def test_names_the_call_that_gets_one(expect: Expect) -> None:
    expect("test[one]", ("Book.reviews", "1 of 1", "get", "session.get(Book, 1)", "session.get(Book, 1).reviews", ""))
    expect(
        "test[one_of_query]",
        ("Book.reviews", "1 of 1", "query", "session.query(Book)", "session.query(Book).get(1).reviews", ""),
    )


def test_names_the_property_that_reads(expect: Expect) -> None:
    expect("test[names]", ("Book.author", "3 of 6", "query", "session.query(Book)", "self.author", ""))


def test_credits_rows_that_were_there_to_the_latest_query(expect: Expect) -> None:
    expect("test[again]", ("Author.books", "3 of 3", "select", "select(Author)", "author.books", ""))


def test_credits_rows_that_are_refreshed_to_the_query_whose_options_are_used_again(expect: Expect) -> None:
    query = ("get", "session.get(Author, 1)")
    expect("test_later[refreshed_later]", ("Author.books", "1 of 1", *query, "first.books", "MissingGreenlet"))


def test_names_the_execution_of_a_statement_by_hand(expect: Expect) -> None:
    expect("test[by_hand]", ("Author.books", "3 of 3", "execute", "session.execute(statement)", "author.books", ""))


def test_counts_the_rows_of_an_inherited_relationship(expect: Expect, told: Told) -> None:
    expect("test[staff]", ("Manager.reports", "1 of 3", "query", "session.query(Staff)", "one.reports", ""))
    (load,) = told.record.loads["test_queries.py::test[staff]"]
    (hop,) = load.hops
    assert (hop.entity, hop.declared_in, hop.target) == ("models.Manager", "models.Staff", "models.Staff")
    assert hop.is_collection
    assert load.query is not None
    assert (load.query.entity, load.query.function) == ("models.Staff", "staff")


def test_tells_columns_apart(told: Told) -> None:
    (load,) = told.record.loads["test_queries.py::test[bios]"]
    assert (load.path, load.count, load.is_column) == ("Author.bio", 3, True)


def test_names_the_method_of_a_call_over_several_lines(told: Told) -> None:
    (load,) = told.record.loads["test_queries.py::test[line_by_line]"]
    assert load.query is not None
    assert (load.query.kind, load.query.entity, load.count) == ("query", "models.Author", 3)
    if load.query.end_line is not None:
        lines = QUERIES.splitlines()
        assert lines[load.query.end_line - 1][: load.query.end_column].strip() == ".query(Author)"


def test_credits_a_wrapper_to_the_caller_that_tells_entities_apart(expect: Expect, told: Told) -> None:
    expect(
        "test[count_books]",
        ("Author.books", "3 of 3", "wrapper", "Repository(session, Author).all()", "author.books", ""),
    )
    expect(
        "test[count_reviews]",
        ("Book.reviews", "6 of 6", "wrapper", "Repository(session, Book).all()", "book.reviews", ""),
    )
    (load,) = told.record.loads["test_queries.py::test[count_books]"]
    assert load.query is not None
    assert "select(self.model)" in told.text(load.query.via)


def test_marks_a_query_that_is_generic(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS, "test_any.py": ANY}

    told = run(tmp_path / "shop", files)

    kinds = {load.query.kind for load in told.record.loads["test_any.py::test_any"] if load.query}
    assert kinds == {"generic"}


def test_sees_what_has_no_greenlet(expect: Expect) -> None:
    expect(
        "test_later[get_later]",
        (
            *("Book.reviews", "1 of 1", "get", "session.get(Book, 1)", "(await session.get(Book, 1)).reviews"),
            "MissingGreenlet",
        ),
    )
    expect(
        "test_later[list_later]",
        ("Book.author", "1 of 6", "select", "select(Book)", "book.author", "MissingGreenlet"),
    )


def test_sees_that_of_mappers_which_a_conftest_configures(tmp_path: Path) -> None:
    conftest = "import models\nfrom sqlalchemy.orm import configure_mappers\nconfigure_mappers()\n"
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS, "conftest.py": conftest}

    told = run(tmp_path / "shop", files)

    (load,) = told.record.loads["test_queries.py::test_later[list_later]"]
    assert (load.path, load.failure) == ("Book.author", "MissingGreenlet")


def test_sees_through_the_greenlet_of_a_session(expect: Expect) -> None:
    expect("test_run_sync", ("Author.books", "2 of 2", "select", "select(Author)", "author.books", ""))


def test_sees_what_is_forbidden_or_detached(expect: Expect) -> None:
    expect("test_strict", ("Book.strict", "1 of 6", "query", "session.query(Book)", "book.strict", "raise"))
    query = ("query", "session.query(Author)")
    expect("test_detached", ("Author.books", "1 of 1", *query, "author.books", "DetachedInstanceError"))


def test_names_the_birth_of_what_no_query_gave(told: Told) -> None:
    columns, books = told.record.loads["test_queries.py::test_born"]
    if columns.path == "Author.books":
        columns, books = books, columns
    assert (books.path, books.query, books.is_column) == ("Author.books", None, False)
    assert told.text(books.birth) == "session.commit()"
    assert (columns.path, columns.is_column) == ("Author.id", True)


def test_sees_other_threads(expect: Expect) -> None:
    expect("test_thread", ("Author.books", "2 of 2", "select", "select(Author)", "author.books", ""))


def test_leaves_out_what_no_attribute_asked_for(expect: Expect) -> None:
    expect("test_delete")


def test_bears_what_is_merged(expect: Expect) -> None:
    expect("test_merge")


def test_is_not_pickled(expect: Expect) -> None:
    expect("test_pickle")


BROKEN = """\
from sqlalchemy.orm import ORMExecuteState

class Broken:
    def __get__(self, state, owner):
        raise LookupError("a new version has it no more")

ORMExecuteState.loader_strategy_path = Broken()
"""


def test_stumbles_once_and_lets_the_tests_go_on(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS, "conftest.py": BROKEN}

    told = run(tmp_path / "shop", files)

    assert told.record.untraced == ("LookupError in _execute: a new version has it no more",)
    assert " passed" in told.output
    assert " failed" not in told.output


def test_says_nothing_unless_it_is_asked(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS}

    told = run(tmp_path / "shop", files, traces=False)

    assert (told.record.loads, told.record.untraced) == ({}, ())


TEMPLATE = """\
<ul>
{% for author in authors %}
  <li>{{ author.books | length }}
{% endfor %}
"""
RENDERS = """\
import jinja2
from test_queries import session
from models import Author

def test_renders(session):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader("templates"))
    assert environment.get_template("authors.html").render(authors=session.query(Author).all())
"""


@pytest.mark.parametrize("python", _PYTHONS)
def test_names_the_line_of_a_template(tmp_path: Path, python: str) -> None:
    if subprocess.run([python, "-c", "import jinja2"], capture_output=True, check=False).returncode:
        pytest.skip("jinja2 is not installed there")
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS, "test_renders.py": RENDERS}

    told = run(tmp_path / "shop", {**files, "templates/authors.html": TEMPLATE}, python)

    (load,) = told.record.loads["test_renders.py::test_renders"]
    assert load.access is not None
    assert (load.path, load.count, load.access.path, load.access.line) == (
        "Author.books",
        3,
        "templates/authors.html",
        3,
    )


LIBRARY = """\
from sqlalchemy import select

def fetch(session, model):
    return session.execute(select(model)).scalars().all()
"""
CALLS = """\
import sys
sys.path.insert(0, "env/site-packages")
from shoplib import fetch
from test_queries import session
from models import Author

def test_calls(session):
    assert [author.books for author in fetch(session, Author)]
"""


def test_marks_what_a_library_queries_wherever_that_is_installed(tmp_path: Path) -> None:
    files = {"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS, "test_calls.py": CALLS}

    told = run(tmp_path / "shop", {**files, "env/site-packages/shoplib.py": LIBRARY})

    (load,) = told.record.loads["test_calls.py::test_calls"]
    assert load.query is not None
    assert (load.query.kind, load.query.path, load.count) == ("library", "test_calls.py", 3)
    assert "fetch(session, Author)" in told.text(load.query.frame)


FLASK = """\
from flask import Flask, jsonify
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db = SQLAlchemy(app)

class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    books = db.relationship("Book")
class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.ForeignKey("author.id"))

@app.get("/all")
def all():
    return jsonify([len(author.books) for author in Author.query.order_by(Author.id).all()])
@app.get("/page")
def page():
    return jsonify([len(author.books) for author in db.paginate(db.select(Author)).items])
@app.get("/one")
def one():
    return jsonify(len(db.get_or_404(Author, 1).books))

def test_app():
    with app.app_context():
        db.create_all()
        db.session.add_all([Author(books=[Book()]) for _ in range(3)])
        db.session.commit()
        db.session.expunge_all()
    client = app.test_client()
    assert client.get("/all").json == client.get("/page").json == [1, 1, 1]
    assert client.get("/one").json == 1
"""
SQLMODEL = """\
from typing import List, Optional
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select

class Author(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    books: List["Book"] = Relationship()
class Book(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    author_id: Optional[int] = Field(default=None, foreign_key="author.id")

def test_app():
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Author(books=[Book()]) for _ in range(3)])
        session.commit()
        session.expunge_all()
        assert [len(author.books) for author in session.exec(select(Author)).all()] == [1, 1, 1]
    engine.dispose()
"""


@pytest.mark.parametrize("python", _PYTHONS)
@pytest.mark.parametrize(
    ("library", "text", "expected"),
    [
        (
            "flask_sqlalchemy",
            FLASK,
            [
                ("query", "Author.query", 3),
                ("select", "db.select(Author)", 3),
                ("get", "db.get_or_404(Author, 1)", 1),
            ],
        ),
        ("sqlmodel", SQLMODEL, [("select", "select(Author)", 3)]),
    ],
)
def test_follows_what_stands_on_sqlalchemy(
    tmp_path: Path, python: str, library: str, text: str, expected: list[tuple[str, str, int]]
) -> None:
    if subprocess.run([python, "-c", f"import {library}"], capture_output=True, check=False).returncode:
        pytest.skip(f"{library} is not installed there")

    told = run(tmp_path / "shop", {"test_app.py": text}, python)

    loads = told.record.loads["test_app.py::test_app"]
    found = [(load.query.kind, told.text(load.query.frame), load.count) for load in loads if load.query is not None]
    assert len(found) == len(expected)
    for (kind, shown, number), (right_kind, part, right_number) in zip(found, expected, strict=True):
        assert (kind, number) == (right_kind, right_number)
        assert part in shown


SHARED = """\
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from models import Author, Base, Book

def test_shares_its_session():
    engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)
    Base.metadata.create_all(engine)
    app = FastAPI()
    with Session(engine, expire_on_commit=False) as session:
        @app.get("/authors")
        def authors():
            return [len(author.books) for author in session.execute(select(Author)).scalars()]
        held = [Author(books=[Book()]) for _ in range(3)]  # by the session weakly
        session.add_all(held)
        session.commit()
        assert TestClient(app).get("/authors").json() == [1, 1, 1]
    engine.dispose()
"""


@pytest.mark.parametrize(("is_cold", "counts"), [(False, []), (True, [3])])
def test_shows_what_a_shared_session_hides_where_requests_are_cold(
    tmp_path: Path, is_cold: bool, counts: list[int]
) -> None:
    for library in ("fastapi", "httpx"):
        pytest.importorskip(library)

    told = run(tmp_path / "shop", {"models.py": MODELS, "test_shared.py": SHARED}, is_cold=is_cold)

    assert "1 passed" in told.output, told.output
    assert told.record.untraced == ()
    loads = told.record.loads.get("test_shared.py::test_shares_its_session", ())
    assert [load.count for load in loads if not load.is_column] == counts
