"""Somebody else's diff → a ChangeSet, hunk by hunk, so that it can be shown, verified and written as a codemod's is.

git reads, applies and checks out; what comes of it is compared here. The user's tree is only read.
"""

from greenmod.patches.diff import read_diff
from greenmod.patches.patch import Patch
from greenmod.patches.revision import read_revision

__all__ = ["Patch", "read_diff", "read_revision"]
