"""The rename of `rename_base_model.py`, as LibCST's own tool runs it."""

from __future__ import annotations

import libcst as cst
from libcst.codemod import VisitorBasedCodemodCommand


class RenameBaseModel(VisitorBasedCodemodCommand):
    DESCRIPTION = "Rename `BaseModel` to `BaseSchema`."

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        if original_node.value == "BaseModel":
            return updated_node.with_changes(value="BaseSchema")
        return updated_node
