"""Let pytest decide which changes stay: see `loop.py` for the order of things.

Only this face is for the rooms above.
"""

from greenmod.verify.loop import verify
from greenmod.verify.outcomes import Counts, Outcome
from greenmod.verify.sandbox import list_tree
from greenmod.verify.trials import Render
from greenmod.verify.verification import Audience, Compared, Conviction, Dropped, Suite, Verification

__all__ = [
    "Audience",
    "Compared",
    "Conviction",
    "Counts",
    "Dropped",
    "Outcome",
    "Render",
    "Suite",
    "Verification",
    "list_tree",
    "verify",
]
