"""`greenmod trace` through the command line: what it prints, what it writes, and when it fails."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

SHOP = """\
from sqlalchemy import Column, ForeignKey, Integer, select
from sqlalchemy.orm import declarative_base, relationship
Base = declarative_base()

class Author(Base):
    __tablename__ = "author"
    id = Column(Integer, primary_key=True)
    books = relationship("Book")

class Book(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("author.id"))

def shelves(session):
    authors = session.execute(select(Author)).scalars()
    return [len(author.books) for author in authors]
"""
TESTS = """\
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from app import shop

@pytest.fixture
def session():
    engine = create_engine("sqlite://")
    shop.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([shop.Author(books=[shop.Book()]) for _ in range(3)])
        session.commit()
    with Session(engine) as session:
        yield session
    engine.dispose()

def test_shelves(session):
    assert shop.shelves(session) == [1, 1, 1]
def test_itself(session):
    assert session.query(shop.Author).first().books
def test_red():
    assert False
"""
PYTHON = ("--python", sys.executable)
LINE = "Author.books, queried in app/shop.py:16, read in app/shop.py:17"


@pytest.fixture
def shop(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for path, text in {"app/__init__.py": "", "app/shop.py": SHOP, "tests/test_shop.py": TESTS}.items():
        (project / path).parent.mkdir(exist_ok=True)
        (project / path).write_text(text)
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return project


def test_prints_the_loads_by_test_and_by_path(shop: Path, greenmod: Greenmod) -> None:
    done = greenmod("trace", *PYTHON)

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("tests/test_shop.py::test_itself: ")
    assert lines[0].endswith(" statements, 1 lazy load")
    assert lines[1] == "  1 × Author.books, queried in tests/test_shop.py:20, read in tests/test_shop.py:20"
    assert lines[2].endswith(" statements, 3 lazy loads")
    assert lines[3] == f"  3 × {LINE}"
    assert lines[4:] == ["", "By path:", f"  3 × {LINE} (1 test)", f"{lines[1]} (1 test)"]
    assert "\n4 lazy loads in 2 tests; 2 passed, 1 failed; " in done.stderr


@pytest.mark.parametrize(("most", "code"), [("3", 0), ("2", 1), ("0", 1)])
def test_holds_the_line_of_what_is_queried_below_some_paths(
    shop: Path, greenmod: Greenmod, most: str, code: int
) -> None:
    done = greenmod("trace", "app", *PYTHON, "--max-lazy", most, "--", "tests")

    assert done.returncode == code
    assert "3 lazy loads in 1 test" in done.stderr
    assert (f"That is more than --max-lazy {most} allows.\n" in done.stderr) is bool(code)


def test_writes_what_run_takes_as_evidence(shop: Path, greenmod: Greenmod) -> None:
    done = greenmod("trace", *PYTHON, "--format", "json", "--output", "loads.json", "--", "-k", "shelves")

    assert (done.returncode, done.stdout) == (0, "")
    document = json.loads((shop / "loads.json").read_text())
    (load,) = document["loads"]
    assert (load["test"], load["count"], load["parents"]) == ("tests/test_shop.py::test_shelves", 3, 3)
    assert document["tests"]["tests/test_shop.py::test_shelves"]["lazy"] == 3
    assert document["summary"] == {"lazy": 3}

    assert greenmod("run", "--evidence", "loads.json").stderr.count("left out") == 0
    (shop / "app" / "shop.py").write_text(f"{SHOP}\n")
    stale = greenmod("run", "--evidence", "loads.json").stderr
    assert "loads.json: 1 observation left out: app/shop.py is not what it was then" in stale


def test_says_nothing_of_a_project_without_lazy_loads(shop: Path, greenmod: Greenmod) -> None:
    done = greenmod("trace", *PYTHON, "--max-lazy", "0", "--", "-k", "red")

    assert (done.returncode, done.stdout) == (0, "")
    assert "0 lazy loads; 1 failed; " in done.stderr


def test_says_so_when_there_are_no_tests(shop: Path, greenmod: Greenmod) -> None:
    done = greenmod("trace", *PYTHON, "--", "-k", "nothing")

    assert (done.returncode, done.stdout) == (4, "")
    assert "pytest found no tests" in done.stderr


LOADS_EAGERLY = '''\
"""Load books with their authors."""

import libcst as cst

from greenmod.api import Codemod, Decision, FilePlan


class LoadEagerly(Codemod):
    name = "load-eagerly"
    triggers = ("select",)
    wants_evidence = True
    saves_statements = True

    @classmethod
    def decide(cls, project, options):
        lines = {load.query.path: load.query.line for load in project.evidence.loads if load.query}
        return Decision({path: FilePlan((line,), line) for path, line in lines.items() if path.startswith("app/")})

    def leave_Call(self, original, updated):
        if self.decision != self.position(original)[0] or self.qualified_name(original.func) != "sqlalchemy.select":
            return updated
        new = cst.parse_expression("select(Author).options(selectinload(Author.books))")
        return self.change(
            original, new, "Load the books", imports=[self.need_import("sqlalchemy.orm", "selectinload")]
        )
'''


def test_proves_what_a_codemod_makes_of_it(shop: Path, greenmod: Greenmod) -> None:
    (shop / "codemods" / "load_eagerly.py").write_text(LOADS_EAGERLY)

    done = greenmod("run", "--select", "load-eagerly", "--verify", "--write", *PYTHON)

    assert "selectinload(Author.books)" in (shop / "app" / "shop.py").read_text(), done.stderr
    proof = next(line for line in done.stdout.splitlines() if line.startswith("#   proof: "))
    numbers = re.fullmatch(r"#   proof: tests/test_shop\.py::test_shelves  (\d+) → (\d+) statements", proof)
    assert numbers is not None
    before, after = numbers.groups()
    assert int(before) - int(after) == 2
    assert "\nstill loaded lazily: 1 × Author.books, queried in tests/test_shop.py:20" in done.stderr
