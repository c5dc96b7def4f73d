"""What the survey finds in one file, on its way through JSON."""

from __future__ import annotations

from typing import NamedTuple, cast

from greenmod.api import Project, SurveyedFile

from .shapes import Reader, Shape, Shapes
from .sites import Site, Sites, Use

_Rows = list[tuple[object, ...]]


class Found(NamedTuple):
    sites: list[Site]
    uses: list[Use]
    shapes: list[Shape]
    readers: list[Reader]


def find(file: SurveyedFile) -> Found:
    sites, shapes = Sites(file), Shapes(file)
    sites.visit(file.tree)
    shapes.visit(file.tree)
    return Found(sites.finish(), sites.uses, shapes.found, shapes.readers)


def as_data(found: Found) -> list[_Rows]:
    """Return plain lists and tuples: classes of a codemod don't travel between processes."""
    return [[tuple(row) for row in rows] for rows in found]


def found_in(project: Project, path: str) -> Found:
    """Return what the survey found in a file; nothing in one that can't be parsed."""
    sites, uses, shapes, readers = cast("tuple[_Rows, ...]", project.survey(path) or ((), (), (), ()))
    return Found(
        [Site._make(row) for row in sites],
        [Use._make(row) for row in uses],
        [Shape._make(row) for row in shapes],
        [Reader._make(row) for row in readers],
    )
