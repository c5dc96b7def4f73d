"""Rename `BaseModel` to `BaseSchema`.

Why: a rename touches many files and decides nothing, so what it costs is what the engine costs.
"""

from __future__ import annotations

import libcst as cst

from greenmod.api import Codemod


class RenameBaseModel(Codemod):
    name = "rename-base-model"
    triggers = ("BaseModel",)
    statement_local = True

    def leave_Name(self, original: cst.Name, updated: cst.Name) -> cst.Name:
        if original.value == "BaseModel":
            return self.change(original, updated.with_changes(value="BaseSchema"), "Rename `BaseModel`")
        return updated
