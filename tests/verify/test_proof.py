"""Changes that have to save statements, proven by real tests of a small application in child processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from greenmod.model import ChangeSet, Verdict
from greenmod.verify import Outcome, Suite, Verification, open_verifier
from greenmod.verify.verification import Saving

if TYPE_CHECKING:
    from tests.verify.conftest import Make, Project

for needed in ("sqlalchemy", "aiosqlite"):
    pytest.importorskip(needed)

PYTHON = Path(sys.executable)

MODELS = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()
class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    books = relationship("Book")
    prizes = relationship("Prize")
class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))
    reviews = relationship("Review")
class Review(Base):
    __tablename__ = "review"
    id = Column(Integer, primary_key=True)
    book_id = Column(ForeignKey("book.id"))
class Prize(Base):
    __tablename__ = "prize"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))
def fill(session):
    session.add_all([Author(books=[Book(reviews=[Review()])], prizes=[Prize()]) for _ in range(5)])
    session.commit()
"""
QUERIES = """\
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from models import Author, Book

def shelves(session):
    return [len(author.books) for author in session.execute(select(Author)).scalars()]
def names(session):
    return [author.id for author in session.query(Author)]
def first(session):
    return len(session.get(Author, 1).books)
def reviews(session):
    return [len(book.reviews) for book in session.query(Book)]
def unused(session):
    return [len(author.prizes) for author in session.query(Author)]

async def later(session):
    author = await session.get(Author, 2)
    return author.books[0].reviews
"""
TESTS = """\
import asyncio
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
import queries
from models import Base, fill

@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session)
    with Session(engine) as session:
        yield session
    engine.dispose()

def test_shelves(session):
    assert queries.shelves(session) == [1] * 5
def test_names(session):
    assert queries.names(session) == [1, 2, 3, 4, 5]
def test_first(session):
    assert queries.first(session) == 1
def test_all(session):
    assert queries.shelves(session) == queries.reviews(session) == [1] * 5
"""
LATER = """
def test_later(tmp_path):
    from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
    async def work():
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/db")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            await session.run_sync(fill)
        async with AsyncSession(engine) as session:
            try:
                return len(await queries.later(session))
            finally:
                await session.close()
                await engine.dispose()
    assert asyncio.run(work()) == 1
"""
BOOKS = ".options(selectinload(Author.books))"


@pytest.fixture
def shop(make: Make) -> Project:
    return make({"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS})


def prove(project: Project) -> Verification:
    return project.verify(savers=("by-hand",), traces=True)


def test_keeps_what_saves_and_says_how_much(shop: Project) -> None:
    shop.propose("shelves", "queries.py", "select(Author))", f"select(Author){BOOKS})")
    shop.propose(
        "reviews", "queries.py", "session.query(Book)", "session.query(Book).options(selectinload(Book.reviews))"
    )

    found = prove(shop)

    assert found.kept == ("shelves", "reviews")
    before, after = found.savings["shelves"].before, found.savings["shelves"].after
    assert found.savings["shelves"].test == "test_queries.py::test_shelves"
    assert before is not None
    assert before - after == 4
    assert found.savings["reviews"].test == "test_queries.py::test_all"
    assert found.verdicts == {"shelves": Verdict.PROVEN, "reviews": Verdict.PROVEN}
    assert found.witnesses["reviews"] == "test_queries.py::test_all"
    # Before, with both, and with and without both in the tests that say so; and once more for what is shown of all.
    assert found.runs <= 7


def test_drops_what_saves_nothing_and_what_nobody_runs(shop: Project) -> None:
    shop.propose(
        "first", "queries.py", "session.get(Author, 1)", "session.get(Author, 1, options=[selectinload(Author.books)])"
    )
    shop.propose(
        "unused",
        "queries.py",
        "for author in session.query(Author)]\n\nasync",
        f"for author in session.query(Author){BOOKS}]\n\nasync",
    )

    found = prove(shop)

    assert found.kept == ()
    assert [(one.id, one.conviction.verdict, one.conviction.message) for one in found.dropped] == [
        ("first", Verdict.UNPROVEN, "no test sends fewer statements with it"),
        ("unused", Verdict.UNPROVEN, "no test sends fewer statements with it"),
    ]
    assert found.savings == {}


def test_drops_what_costs_more(shop: Project) -> None:
    shop.propose(
        "names",
        "queries.py",
        "author.id for author in session.query(Author)",
        f"author.id for author in session.query(Author){BOOKS}",
    )
    shop.propose("shelves", "queries.py", "select(Author))", f"select(Author){BOOKS})")

    found = prove(shop)

    assert found.kept == ("shelves",)
    (dropped,) = found.dropped
    assert (dropped.id, dropped.conviction.test) == ("names", "test_queries.py::test_names")
    assert (dropped.conviction.before, dropped.conviction.after) == (Outcome.PASSED, Outcome.COSTLIER)
    assert dropped.conviction.verdict is Verdict.BROKEN
    assert dropped.conviction.message.endswith(" statements")
    assert found.verdicts == {"names": Verdict.BROKEN, "shelves": Verdict.PROVEN}


def test_leaves_the_changes_of_others_alone(shop: Project) -> None:
    shop.propose(
        "names",
        "queries.py",
        "author.id for author in session.query(Author)",
        f"author.id for author in session.query(Author){BOOKS}",
    )

    assert shop.verify(traces=True).kept == ("names",)


def test_keeps_what_turns_a_red_test_green(make: Make) -> None:
    shop = make({"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS + LATER})
    loaded = "selectinload(Author.books).selectinload(Book.reviews)"
    shop.propose("later", "queries.py", "session.get(Author, 2)", f"session.get(Author, 2, options=[{loaded}])")

    found = prove(shop)

    assert found.kept == ("later",)
    assert found.fixed == ("test_queries.py::test_later",)
    saving = found.savings["later"]
    assert saving == Saving("test_queries.py::test_later", None, saving.after)


def test_keeps_what_turns_a_red_test_green_though_another_test_sends_more(make: Make) -> None:
    queries = QUERIES.replace("return author.books[0].reviews", "return author.books[0].reviews if reads else ()")
    queries = queries.replace("def later(session)", "def later(session, reads=True)")
    unread = LATER.replace("test_later", "test_unread").replace("later(session)", "later(session, False)")
    unread = unread.replace("== 1", "== 0")
    shop = make({"models.py": MODELS, "queries.py": queries, "test_queries.py": TESTS + LATER + unread})
    loaded = "selectinload(Author.books).selectinload(Book.reviews)"
    shop.propose("later", "queries.py", "session.get(Author, 2)", f"session.get(Author, 2, options=[{loaded}])")
    shop.propose(
        "names",
        "queries.py",
        "author.id for author in session.query(Author)",
        f"author.id for author in session.query(Author){BOOKS}",
    )

    found = prove(shop)

    assert found.kept == ("later",)
    assert found.fixed == ("test_queries.py::test_later",)
    before, after = found.statements["test_queries.py::test_unread"]
    assert after - before == 2
    assert [one.id for one in found.dropped] == ["names"]


def test_keeps_what_ends_a_failing_load_that_the_application_hides(make: Make) -> None:
    hiding = """
async def hidden(session):
    author = await session.get(Author, 3)
    try:
        return len(author.prizes)
    except Exception:
        return 1
"""
    test = LATER.replace("test_later", "test_hidden").replace(
        "len(await queries.later(session))", "await queries.hidden(session)"
    )
    shop = make({"models.py": MODELS, "queries.py": QUERIES + hiding, "test_queries.py": TESTS + test})
    shop.propose(
        "hidden",
        "queries.py",
        "session.get(Author, 3)",
        "session.get(Author, 3, options=[selectinload(Author.prizes)])",
    )
    shop.propose("later", "queries.py", "session.get(Author, 2)", f"session.get(Author, 2, options=[{BOOKS[9:-1]}])")

    found = prove(shop)

    assert found.kept == ("hidden",)
    assert found.fixed == ()
    saving = found.savings["hidden"]
    assert saving == Saving("test_queries.py::test_hidden", None, saving.after, "MissingGreenlet")
    before, after = found.statements["test_queries.py::test_hidden"]
    assert after - before == 1


def test_asks_for_proof_when_no_more_changes_come(make: Make) -> None:
    shop = make({"models.py": MODELS, "queries.py": QUERIES, "test_queries.py": TESTS + LATER})
    shop.propose("later", "queries.py", "session.get(Author, 2)", f"session.get(Author, 2, options=[{BOOKS[9:-1]}])")
    changes = ChangeSet(changes=tuple(shop.changes))
    suite = Suite(shop.root, python=PYTHON, cheap=0.0, savers=("by-hand",), traces=True)

    with open_verifier(suite, ["queries.py"], shop) as verifier:
        attempt = verifier.attempt(changes, changes.ids, shop.render)
        first, last = attempt.unproven(), attempt.proven()

    assert first.kept == ("later",)
    assert first.verdicts == {"later": Verdict.UNPROVEN}
    failed = [(load.path, load.failure) for load in first.lazy if load.failure]
    assert failed == [("Author.books → Book.reviews", "MissingGreenlet")]
    assert last.kept == ()
    assert [one.conviction.message for one in last.dropped] == ["no test sends fewer statements with it"]


def test_tells_what_is_still_loaded_lazily(shop: Project) -> None:
    shop.propose("shelves", "queries.py", "select(Author))", f"select(Author){BOOKS})")

    found = prove(shop)

    assert sorted({(load.test.partition("::")[2], load.path) for load in found.lazy}) == [
        ("test_all", "Book.reviews"),
        ("test_first", "Author.books"),
    ]
    lines = {load.query.line for load in found.lazy if load.query is not None}
    assert lines == {10, 12}


def test_finds_those_that_save_nothing_with_few_runs_where_one_test_ran_them_all(make: Make) -> None:
    # Every fourth query gives one row.
    rows = (1 if n % 4 == 0 else 5 for n in range(20))
    queries = "".join(
        f"def q{n}(s): return [len(one.books) for one in s.execute(select(Author).limit({number})).scalars()]\n"
        for n, number in enumerate(rows)
    )
    test = (
        "def test_many(session):\n    for n in range(20):\n"
        "        session.expunge_all()\n        getattr(many, f'q{n}')(session)\n"
    )
    imports = "from sqlalchemy import select\nfrom sqlalchemy.orm import selectinload\nfrom models import Author\n"
    shop = make(
        {
            "models.py": MODELS,
            "queries.py": QUERIES,
            "many.py": imports + queries,
            "test_queries.py": TESTS,
            "test_many.py": f"import many\nfrom test_queries import session\n{test}",
        }
    )
    for n in range(20):
        old = f"def q{n}(s): return [len(one.books) for one in s.execute(select(Author)"
        shop.propose(f"{n:02}", "many.py", old, f"{old}{BOOKS}")

    found = prove(shop)

    assert [one.id for one in found.dropped] == ["00", "04", "08", "12", "16"]
    assert len(found.kept) == 15
    saving = found.savings["01"]
    assert saving == Saving("test_many.py::test_many", saving.after + 4, saving.after)
    assert found.runs <= 8
