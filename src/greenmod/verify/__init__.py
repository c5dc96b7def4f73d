"""Let pytest decide which changes stay: see `loop.py` for the order of things.

Only this face is for the rooms above.
"""

from greenmod.verify.loop import Render, Tell, verify
from greenmod.verify.outcomes import Counts, Outcome
from greenmod.verify.verification import Conviction, Dropped, Suite, Verification

__all__ = ["Conviction", "Counts", "Dropped", "Outcome", "Render", "Suite", "Tell", "Verification", "verify"]
