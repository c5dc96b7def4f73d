"""Load relationships with the query where the rows' relationships are read.

`select(Author)` → `select(Author).options(selectinload(Author.books))`, where `author.books` is read for each author of
the result, by the function itself, by one that it hands the rows to, by the response model, or by a Jinja template.

Why: reading a relationship that was not loaded sends one more statement for each row, and in async code it is an error.

Left alone: relationships that nothing reads, or that the query or the model loads already; one row's own in sync code,
where an option saves nothing; what a template reads only if something else is true; queries of columns;
`lazy="dynamic"` and `"write_only"`; options that can't be told; relationships of a subclass, unless the query has
`selectin_polymorphic` for it; and classes that can't be named without a circle of imports. A query that is asked anew
for each row of another is named (`query-in-loop`), and an object that async code makes and reads unloaded
(`created-object`): no option mends those.
"""

from __future__ import annotations

from collections.abc import Mapping

from greenmod.api import Codemod, Decision, Option, Project, Safety, Survey, SurveyedFile

from .deciding import decide
from .flows import collecting as flows
from .flows.rows import as_data as flows_as_data
from .rewriting import Rewriting
from .survey.collecting import collect
from .survey.rows import as_data


class AddSelectinload(Rewriting, Codemod):
    name = "add-selectinload"
    source = "https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#selectin-eager-loading"
    safety = Safety.SAFE
    wants_evidence = True
    saves_statements = True
    wants_objects = True
    options = (
        Option("every-query", False, "also name the queries that need no option, with the reason"),
        Option(
            "many-to-one",
            "selectinload",
            "what loads a relationship that is no collection: with a join it takes no statement of its own",
            choices=("selectinload", "joinedload"),
        ),
    )
    triggers = ("sqlalchemy", "sqlmodel", "pydantic", "session", ".query", "relationship", "fastapi")

    @classmethod
    def survey(cls, file: SurveyedFile) -> Survey:
        return Survey((), (as_data(collect(file)), flows_as_data(flows.collect(file))))

    @classmethod
    def decide(cls, project: Project, options: Mapping[str, object]) -> Decision:
        return decide(project, options)
