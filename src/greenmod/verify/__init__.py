"""Let pytest decide which changes stay: see `verifier.py` and `loop.py` for the order of things.

Only this face is for the rooms above.
"""

from greenmod.verify.outcomes import Counts, Outcome
from greenmod.verify.sandbox import list_tree
from greenmod.verify.trials import Render
from greenmod.verify.verification import Audience, Compared, Conviction, Dropped, Saving, Suite, Verification
from greenmod.verify.verifier import Attempted, Verifier, open_verifier, verify

__all__ = [
    "Attempted",
    "Audience",
    "Compared",
    "Conviction",
    "Counts",
    "Dropped",
    "Outcome",
    "Render",
    "Saving",
    "Suite",
    "Verification",
    "Verifier",
    "list_tree",
    "open_verifier",
    "verify",
]
