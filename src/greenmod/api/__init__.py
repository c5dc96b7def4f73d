"""What the author of a codemod imports. Everything here is public; everything else is not.

A codemod is a plain LibCST transformer. `leave_*` returns the replacement, through `self.change(...)`; a site
that is left alone is reported through `self.skip(...)`. Nothing is silent.
"""

from __future__ import annotations

from greenmod.api.codemod import Codemod, Context, Option
from greenmod.api.decisions import Decision, FilePlan, SkippedSite, Survey, SurveyedFile, TextChange
from greenmod.facts.evidence.loads import Hop, LazyLoad, QuerySite
from greenmod.facts.evidence.observation import Evidence, Frame, Observation, Origin, Phase
from greenmod.facts.naming import Namer, Naming
from greenmod.facts.objects.declarations import Declarations
from greenmod.facts.objects.declarations import as_data as declarations_as_data
from greenmod.facts.objects.declarations import from_data as declarations_from_data
from greenmod.facts.objects.declared import declare
from greenmod.facts.objects.objects import Objects
from greenmod.facts.objects.thing import Calling, Thing, What
from greenmod.facts.project import Definition, External, Project, Target, Unknown
from greenmod.facts.record import ClassFact, FileFacts, FunctionFact, ImportFact
from greenmod.facts.requirements import Requirement
from greenmod.facts.scopes import ScopedVisitor
from greenmod.facts.survey import dotted
from greenmod.model import ImportNeed, Safety

__all__ = [
    "Calling",
    "ClassFact",
    "Codemod",
    "Context",
    "Decision",
    "Declarations",
    "Definition",
    "Evidence",
    "External",
    "FileFacts",
    "FilePlan",
    "Frame",
    "FunctionFact",
    "Hop",
    "ImportFact",
    "ImportNeed",
    "LazyLoad",
    "Namer",
    "Naming",
    "Objects",
    "Observation",
    "Option",
    "Origin",
    "Phase",
    "Project",
    "QuerySite",
    "Requirement",
    "Safety",
    "ScopedVisitor",
    "SkippedSite",
    "Survey",
    "SurveyedFile",
    "Target",
    "TextChange",
    "Thing",
    "Unknown",
    "What",
    "declarations_as_data",
    "declarations_from_data",
    "declare",
    "dotted",
]
