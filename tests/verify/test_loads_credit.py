"""How the plugin's rows become lazy loads: which call a query is credited to, and which lines it is told in."""

from __future__ import annotations

from collections.abc import Sequence

from greenmod.facts.evidence.observation import Frame
from greenmod.facts.evidence.places import Places
from greenmod.verify.loads import Lazy
from greenmod.verify.outcomes import Ending, Record, Run
from greenmod.verify.testimony import find_evidence

WRAPPER = ["db.py", 2, "query", 11, 2, 30]
AUTHORS = ["routes.py", 4, "authors", 8, 4, 20]
BOOKS = ["routes.py", 9, "books", 8, 9, 20]
HOP = ["app.Author", "books", "app.Author", "app.Book", True]


def row(*makers: Sequence[object]) -> dict[str, object]:
    query = {"kind": "select", "entity": "app.Author", "makers": list(makers)}
    about = {"access": ["routes.py", 5, "authors", None, None, None], "birth": None, "failure": "", "is_column": False}
    return {"hops": [HOP], "query": query, "count": 3, "parents": 3, **about}


def credit(lazy: Lazy, *makers: Sequence[object]) -> tuple[str, str, int, Frame | None]:
    lazy.take("test_api.py::test_it", [row(*makers)])
    ((load,),) = lazy.loads().values()
    assert load.query is not None
    return load.query.kind, load.query.path, load.query.line, load.query.via


def test_credits_the_call_that_serves_one_entity() -> None:
    lazy = Lazy()
    lazy.serve([[WRAPPER, ["app.Author"]], [AUTHORS, ["app.Author"]]])

    assert credit(lazy, WRAPPER, AUTHORS) == ("select", "db.py", 2, None)


def test_goes_to_the_caller_where_a_call_serves_several() -> None:
    lazy = Lazy()
    lazy.serve([[WRAPPER, ["app.Author"]], [AUTHORS, ["app.Author"]]])
    lazy.serve([[WRAPPER, ["app.Book"]], [BOOKS, ["app.Book"]]])

    assert credit(lazy, WRAPPER, AUTHORS) == ("wrapper", "routes.py", 4, Frame("db.py", 2, "query", 11, 2, 30))


def test_says_that_a_call_is_generic_where_no_caller_is_for_one_entity() -> None:
    lazy = Lazy()
    lazy.serve([[WRAPPER, ["app.Author"]], [WRAPPER, ["app.Book"]]])

    assert credit(lazy, WRAPPER) == ("generic", "db.py", 2, None)


def test_goes_by_what_a_test_said_last() -> None:
    lazy = Lazy()
    lazy.take("test_api.py::test_it", [row(AUTHORS), row(BOOKS)])
    lazy.take("test_api.py::test_it", [])

    assert lazy.loads() == {"test_api.py::test_it": ()}


def test_tells_places_in_lines_of_the_files_without_changes() -> None:
    lazy = Lazy()
    lazy.take("test_api.py::test_it", [row(AUTHORS)])
    run = Run(Record({}, loads=lazy.loads(), rootdir="tests"), Ending.FINISHED, 0, "", 1.0)
    before = b"\ndef authors(s):\n    rows = s.query(A)\n    return rows\n"
    after = b"import a\n" + before

    evidence = find_evidence(run, Places("/", ["routes.py"]), {"routes.py": before}.get, {"routes.py": after})

    (load,) = evidence.loads
    assert load.test == "tests/test_api.py::test_it"
    assert load.query is not None
    assert (load.query.line, load.query.column, load.query.end_line) == (3, 8, 3)
    assert load.access == Frame("routes.py", 4, "authors")
