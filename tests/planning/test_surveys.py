"""Surveys of candidate files: the same from the cache as anew, and never from another file's."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from greenmod.config import Config
from greenmod.description import CodemodSpec
from greenmod.engine.work import Found
from greenmod.facts.cache import Cache, cache_file
from greenmod.facts.objects.declarations import from_data
from greenmod.facts.objects.declared import declare
from greenmod.planning.surveys import survey_all
from greenmod.registry import available

CODEMOD = '''
from greenmod.api import Codemod, Survey


class Counting(Codemod):
    """Surveys a file's words."""

    name = "count-words"
    triggers = ("word",)

    @classmethod
    def survey(cls, file):
        if "nothing" in file.text:
            return None
        if "fail" in file.text:
            raise ValueError("no luck")
        return Survey((2,), {"words": tuple(file.text.split()), 1: MARK})
'''
Make = Callable[[str], CodemodSpec]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make(mark: str = "1") -> CodemodSpec:
        (tmp_path / "codemods").mkdir(exist_ok=True)
        (tmp_path / "codemods" / "counting.py").write_text(CODEMOD.replace("MARK", mark))
        return available(Config(tmp_path, codemods=("codemods",)))["count-words"]

    return make


@pytest.fixture
def survey(tmp_path: Path, make: Make) -> Callable[..., dict[str, Found]]:
    def survey(files: dict[str, bytes], spec: CodemodSpec | None = None, *, cached: bool = True) -> dict[str, Found]:
        for path, data in files.items():
            (tmp_path / path).write_bytes(data)
        candidates = dict.fromkeys(files, ("count-words",))
        with Cache(cache_file() if cached else None) as cache:
            return survey_all(tmp_path, candidates, [spec or make("1")], cache, 1, None)

    return survey


def test_returns_facts_and_what_the_codemod_found(survey: Callable[..., dict[str, Found]]) -> None:
    found = survey({"a.py": b"import b\nword\n"})["a.py"]
    assert found.surveys == {"count-words": ((2,), {"words": ["import", "b", "word"], "1": 1})}
    assert found.facts is not None
    assert [fact.name for fact in found.facts.imports] == ["b"]
    assert found.problems == ()


@pytest.mark.parametrize(
    "data",
    [
        b"import b\nword\n",
        b"nothing",
        b"print word",
        b"x = '\xff'",
        b"fail",
        b"",
        b"# coding: latin-1\nx = '\xe9' # word",
    ],
)
def test_cache_changes_nothing(data: bytes, survey: Callable[..., dict[str, Found]]) -> None:
    first, again, anew = (survey({"a.py": data}, cached=cached) for cached in (True, True, False))
    assert first == again == anew


def test_other_bytes_are_surveyed_anew(survey: Callable[..., dict[str, Found]]) -> None:
    survey({"a.py": b"word\n"})
    found = survey({"a.py": b"word\nword\n"})["a.py"]
    assert found.surveys["count-words"][1] == {"words": ["word", "word"], "1": 1}


def test_another_codemod_of_the_name_surveys_anew(survey: Callable[..., dict[str, Found]], tmp_path: Path) -> None:
    survey({"a.py": b"word\n"})
    other = tmp_path / "other" / "codemods" / "counting.py"
    other.parent.mkdir(parents=True)
    other.write_text(CODEMOD.replace("MARK", "2"))
    again = available(Config(tmp_path / "other", codemods=("codemods",)))["count-words"]
    assert survey({"a.py": b"word\n"}, again)["a.py"].surveys["count-words"][1] == {"words": ["word"], "1": 2}


def test_file_that_is_gone_is_left_out(survey: Callable[..., dict[str, Found]], tmp_path: Path, make: Make) -> None:
    assert survey_all(tmp_path, {"gone.py": ("count-words",)}, [make("1")], Cache(None), 1, None) == {}


def test_failure_of_a_codemod_is_named(
    survey: Callable[..., dict[str, Found]],
) -> None:
    (problem,) = survey({"a.py": b"fail"})["a.py"].problems
    assert (problem.path, problem.kind) == ("a.py", "codemod")
    assert "count-words failed here and changed nothing: ValueError: no luck" in problem.message


def test_unreadable_file_is_a_problem_that_is_not_remembered(
    survey: Callable[..., dict[str, Found]], tmp_path: Path, make: Make
) -> None:
    (tmp_path / "a.py").mkdir()
    with Cache(cache_file()) as cache:
        found = survey_all(tmp_path, {"a.py": ("count-words",)}, [make("1")], cache, 1, None)
    assert [problem.kind for problem in found["a.py"].problems] == ["unreadable"]
    (tmp_path / "a.py").rmdir()
    assert survey({"a.py": b""})["a.py"].problems == ()


@pytest.mark.parametrize("is_wanted", [True, False])
def test_holds_what_a_file_declares_where_a_codemod_wants_it(
    is_wanted: bool, survey: Callable[..., dict[str, Found]], make: Make
) -> None:
    spec = replace(make("1"), wants_objects=is_wanted)
    source = b"\xef\xbb\xbfclass Word:\r\n    async def get(self) -> 'int': ...\r\n"
    seen = {"a.py": source}
    anew, known = survey(seen, spec, cached=False)["a.py"], [survey(seen, spec)["a.py"] for _ in range(2)][1]
    for found in (anew, known):
        if not is_wanted:
            assert found.declared is None
            continue
        assert from_data(found.declared) == declare(ast.parse("class Word:\n    async def get(self) -> 'int': ...\n"))
