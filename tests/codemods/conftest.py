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
        models: Models = codemod_module("models.models").Models(project_of(tmp_path, files))
        return models

    return read


def project_of(root: Path, files: Mapping[str, str]) -> Project:
    """Write the files of a repository, and return it as the codemod sees it."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    collecting, rows = codemod_module("survey.collecting"), codemod_module("survey.rows")
    flows, flows_rows = codemod_module("flows.collecting"), codemod_module("flows.rows")
    modules = {path: text for path, text in files.items() if path.endswith(".py")}

    def surveyed(paths: Sequence[str]) -> Mapping[str, object]:
        return {path: collect(path) for path in paths}

    def collect(path: str) -> object:
        source = load(root, path)
        tree = parse(source)
        file = SurveyedFile(path, source.text, tree, survey(path, tree))
        return rows.as_data(collecting.collect(file)), flows_rows.as_data(flows.collect(file))

    def facts(path: str) -> FileFacts:
        return survey(path, parse(load(root, path)))

    def search(words: Sequence[str]) -> Mapping[str, frozenset[str]]:
        hits = {path: frozenset(word for word in words if word in text) for path, text in modules.items()}
        return {path: found for path, found in hits.items() if found}

    candidates = [path for path, text in modules.items() if any(word in text for word in collecting.WORDS)]
    environment = Environment(Path(sys.executable))
    return Project(root, sorted(modules), surveyed(candidates), facts, search, surveyed, environment)
