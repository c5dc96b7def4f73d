"""Words that several renderings share; nothing is imported for them."""

from __future__ import annotations

from greenmod.journal.recovery import Recovered


def count(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def nothing_to_change(looked_at: int, seconds: float) -> str:
    if not looked_at:
        return "No Python files here to look at (`exclude` and .gitignore leave files out)."
    return f"Nothing to change; {count(looked_at, 'file')} looked at in {seconds:.1f} s."


def recovered(run: Recovered) -> str:
    """Say what became of a run that was cut off."""
    edited = f", {count(len(run.edited), 'file')} edited since" if run.edited else ""
    return (
        f"An earlier run was cut off ({run.command}): {count(len(run.written), 'file')} written, "
        f"{len(run.unwritten):,} not{edited}. `greenmod undo` takes back what was written."
    )
