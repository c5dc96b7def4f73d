"""Lazy loads as evidence: written and read again, held against files as they are, and merged."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from greenmod.facts.evidence.document import as_data, from_data
from greenmod.facts.evidence.freshness import Stale, fresh, with_hashes
from greenmod.facts.evidence.loads import Hop, LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Evidence, Frame, merged

BOOKS = Hop("app.models.Author", "books", "app.models.Author", "app.models.Book", True)
REVIEWS = Hop("app.models.Book", "reviews", "app.models.Book", "app.models.Review", True)
SITE = QuerySite("app/routes.py", 7, 12, 7, 26, "wrapper", "app.models.Author", "authors", Frame("app/db.py", 3))
LOAD = LazyLoad(
    test="tests/test_api.py::test_lists",
    hops=(BOOKS, REVIEWS),
    query=SITE,
    access=Frame("app/schemas.py", 9, "count", 4, 9, 16),
    count=30,
    parents=10,
)
BORN = LazyLoad("tests/test_api.py::test_adds", (BOOKS,), None, None, 1, 1, "MissingGreenlet", Frame("app/db.py", 5))
FILES = {"app/routes.py": b"1", "app/db.py": b"2", "app/schemas.py": b"3", "tests/test_api.py": b"4"}


def test_is_read_as_it_was_written() -> None:
    evidence = with_hashes(Evidence(loads=(LOAD, BORN)), FILES.get)

    assert from_data(json.loads(json.dumps(as_data(evidence)))) == evidence
    assert sorted(evidence.files) == ["app/db.py", "app/routes.py", "app/schemas.py", "tests/test_api.py"]


def test_reads_what_was_written_before_loads_were_traced() -> None:
    assert from_data({"version": 1, "observations": [], "files": {}}) == Evidence()


@pytest.mark.parametrize("loads", [[{}], [1], 1, [{"test": "a", "hops": 1}]])
def test_says_what_can_not_be_read(loads: object) -> None:
    with pytest.raises(ValueError, match=r"^a lazy load can't be read: "):
        from_data({"version": 1, "observations": [], "files": {}, "loads": loads})


@pytest.mark.parametrize("path", ["app/routes.py", "app/db.py", "app/schemas.py", "tests/test_api.py"])
def test_leaves_out_what_speaks_of_other_bytes(path: str) -> None:
    evidence = with_hashes(Evidence(loads=(LOAD,)), FILES.get)

    found, stale = fresh(evidence, {**FILES, path: b"other"}.get)

    assert found.loads == ()
    assert stale == (Stale(path, 1),)


def test_keeps_what_holds() -> None:
    evidence = with_hashes(Evidence(loads=(LOAD, BORN)), FILES.get)

    assert fresh(evidence, FILES.get) == (evidence, ())


def test_merges_loads_that_differ_in_numbers_alone() -> None:
    later = replace(LOAD, count=3, parents=1, round=1)

    assert merged(Evidence(loads=(LOAD,)), Evidence(loads=(later, BORN))).loads == (LOAD, BORN)


def test_names_its_path_for_people() -> None:
    assert LOAD.path == "Author.books → Book.reviews"
