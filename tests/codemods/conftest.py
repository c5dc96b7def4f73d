"""Small repositories of models, as `add-selectinload` reads them."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from greenmod.api import SurveyedFile
from greenmod.facts.project import Environment, Project
from greenmod.facts.record import FileFacts
from greenmod.facts.survey import parse, survey
from greenmod.registry import built_in_folder
from greenmod.source import load

if TYPE_CHECKING:
    from codemods.add_selectinload.models.models import Models

ReadModels = Callable[[Mapping[str, str]], "Models"]


def codemod_module(name: str) -> ModuleType:
    """Import a module of `add-selectinload`, wherever the codemods are: they are no package of ours."""
    whole = "greenmod_tests_add_selectinload"
    if whole not in sys.modules:
        folder = built_in_folder() / "add_selectinload"
        spec = importlib.util.spec_from_file_location(
            whole, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        sys.modules[whole] = importlib.util.module_from_spec(spec)
    return importlib.import_module(f"{whole}.{name}")


@pytest.fixture
def read_models(tmp_path: Path) -> ReadModels:
    """Write the files of a repository, and return its models; the libraries are those of this interpreter."""

    def read(files: Mapping[str, str]) -> Models:
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        models: Models = codemod_module("models.models").Models(_project(tmp_path, files))
        return models

    return read


def _project(root: Path, files: Mapping[str, str]) -> Project:
    collecting, rows = codemod_module("survey.collecting"), codemod_module("survey.rows")

    def surveyed(paths: Sequence[str]) -> Mapping[str, object]:
        return {path: collect(path) for path in paths}

    def collect(path: str) -> object:
        source = load(root, path)
        tree = parse(source)
        return rows.as_data(collecting.collect(SurveyedFile(path, source.text, tree, survey(path, tree)))), ()

    def facts(path: str) -> FileFacts:
        return survey(path, parse(load(root, path)))

    def search(words: Sequence[str]) -> Mapping[str, frozenset[str]]:
        hits = {path: frozenset(word for word in words if word in text) for path, text in files.items()}
        return {path: found for path, found in hits.items() if found}

    candidates = [path for path, text in files.items() if any(word in text for word in collecting.WORDS)]
    environment = Environment(Path(sys.executable))
    return Project(root, sorted(files), surveyed(candidates), facts, search, surveyed, environment)
