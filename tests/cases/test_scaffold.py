"""What `greenmod new` writes; that its cases pass is proven in test_prove.py."""

from __future__ import annotations

import ast

import pytest

from greenmod.cases.scaffold import scaffold
from greenmod.errors import UsageError


def test_writes_a_codemod_and_two_cases() -> None:
    files = scaffold("rename-base-model", "tools/codemods", "tests/fixtures")
    assert sorted(files) == [
        "tests/fixtures/rename-base-model/renamed/after.py",
        "tests/fixtures/rename-base-model/renamed/before.py",
        "tests/fixtures/rename-base-model/unchanged_in_function/before.py",
        "tools/codemods/rename_base_model.py",
    ]
    text = files["tools/codemods/rename_base_model.py"]
    assert [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)] == ["RenameBaseModel"]
    assert 'name = "rename-base-model"' in text


@pytest.mark.parametrize(
    "name", ["rename", "Rename-it", "rename_it", "rename-", "-it", "a--b", "../a-b", "2-to", "a-b\n", ""]
)
def test_refuses_what_cannot_be_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="can't be a codemod's name"):
        scaffold(name, "codemods", "fixtures")


@pytest.mark.parametrize("name", ["a-b", "mock-to-async-mock", "pydantic-v1-to-v2"])
def test_takes_the_names_that_codemods_have(name: str) -> None:
    assert scaffold(name, "codemods", "fixtures")
