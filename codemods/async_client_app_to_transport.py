"""Hand an application to httpx's clients through a transport.

`AsyncClient(app=app)` → `AsyncClient(transport=ASGITransport(app=app))`, and `Client` with `WSGITransport`; other
arguments stay as they are. The transport is what `app=` used to make, so requests behave as before.

Why: httpx 0.28 removed `app=` (deprecated since 0.27), and httpx2 never had it: such a call is a TypeError.
Left alone: clients that already have a `transport`, arguments that arrive through `**` or `partial`, subclasses of the
clients, an app that may be None, names that aren't surely httpx's, files in which `ASGITransport` means something
else, and files that name neither `httpx` nor `AsyncClient`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

import libcst as cst

from greenmod.api import (
    Codemod,
    Decision,
    Definition,
    External,
    FileFacts,
    FilePlan,
    Option,
    Project,
    Safety,
    SkippedSite,
    Survey,
    SurveyedFile,
    dotted,
)
