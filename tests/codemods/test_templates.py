"""What `add-selectinload` sees Jinja templates read, and where it finds them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from greenmod.registry import built_in_folder
from tests.codemods.conftest import codemod_module, project_of

READS = {
    "loop": ("{% for a in rows %}{{ a.b }}{% endfor %}", ["@rows[*].b"]),
    "loop_over_pairs": ("{% for a, b in rows %}{{ b.c }}{% endfor %}", ["@rows[*][1].c"]),
    "nested_loop": (
        "{% for a in rows %}{% for b in a.bs %}{{ b.c.d }}{% endfor %}{% endfor %}",
        ["@rows[*].bs", "@rows[*].bs[*].c", "@rows[*].bs[*].c.d"],
    ),
    "loop_that_is_recursive": (
        "{% for a in rows recursive %}{{ loop(a.children) }}{% endfor %}",
        ["@rows[*].children"],
    ),
    "subscripts": ("{{ rows[0]['b'] }}{{ rows[1:][i].c }}", ["@rows[0].b", "@rows[?].c"]),
    "methods": (
        "{{ row.title() }}{% for a in rows.all() %}{{ a.b }}{% endfor %}",
        ["@row.title", "@rows.all", "@rows.all()[*].b"],
    ),
    "set": ("{% set all = rows|list %}{% for a in all %}{{ a.b }}{% endfor %}", ["@rows[*].b"]),
    "set_in_one_branch": (
        "{% set one = first %}{% if x %}{% set one = other %}{% endif %}{{ one.b }}",
        ["@other.b", "@first.b"],
    ),
    "with": ("{% with a = rows[0] %}{{ a.b }}{% endwith %}{{ a.c }}", ["@rows[0].b", "@a.c"]),
    "loop_variable_is_gone_behind_the_loop": ("{% for a in rows %}{% endfor %}{{ a.b }}", ["@a.b"]),
    "macro": (
        "{% macro show(a, note, b=row) %}{{ a.x }}{{ note.y }}{{ b.z }}{% endmacro %}{{ show(one, note=two) }}",
        ["@one.x", "@two.y", "@row.z"],
    ),
    "macro_that_calls_itself": (
        "{% macro tree(a) %}{% for b in a.below %}{{ tree(b) }}{% endfor %}{% endmacro %}{{ tree(root) }}",
        ["@root.below"],
    ),
    "macro_that_nobody_calls": ("{% macro show(a) %}{{ a.x }}{{ rows[0].y }}{% endmacro %}", []),
    "call_of_an_unknown_macro": ("{% call(b) box() %}{{ row.a }}{{ b.c }}{% endcall %}", ["@row.a"]),
    "groupby": (
        "{% for g in rows|groupby('a.b') %}{{ g.grouper.c }}{% for r in g.list %}{{ r.d }}{% endfor %}{% endfor %}",
        ["@rows[*].a", "@rows[*].a.b", "@rows[*].a.b.c", "@rows[*].d"],
    ),
    "attributes_of_filters": (
        "{{ rows|sort(attribute='a,b.c')|selectattr('d')|map(attribute='e')|join }}{{ rows|join(', ', 'f') }}",
        ["@rows[*].a", "@rows[*].b", "@rows[*].b.c", "@rows[*].d", "@rows[*].e", "@rows[*].f"],
    ),
    "items_of_filters": (
        "{{ (rows|first).a }}{% for part in rows|batch(3) %}{% for r in part %}{{ r.b }}{% endfor %}{% endfor %}",
        ["@rows[0].a", "@rows[*].b"],
    ),
    "filters_that_give_something_else": ("{% for a in rows|tojson %}{{ a.b }}{% endfor %}", []),
    "tags_of_extensions": (
        "{% trans n=row.a %}one{% pluralize %}{{ n }}{% endtrans %}{% do row.b.sort() %}",
        ["@row.a", "@row.b", "@row.b.sort"],
    ),
}

CONDITIONAL = {
    "flag": "{% if flag %}{{ row.books }}{% endif %}",
    "other_attribute": "{% if row.name %}{{ row.books }}{% endif %}",
    "otherwise": "{% if row.name %}{% else %}{{ row.books }}{% endif %}",
    "second_test": "{% if row.books_id %}{% elif flag %}{% else %}{{ row.books }}{% endif %}",
    "number_of_the_loop": "{% for row in [row] %}{% if loop.first %}{{ row.books }}{% endif %}{% endfor %}",
    "filtered_loop": "{% for row in [row] if row.name %}{{ row.books }}{% endfor %}",
    "empty_loop": "{% for a in rows %}{% else %}{{ row.books }}{% endfor %}",
    "expression": "{{ row.books if flag else '' }}",
    "and": "{{ flag and row.books }}",
    "call": "{% if may_see(row) %}{{ row.books }}{% endif %}",
}
UNCONDITIONAL = {
    "presence": "{% if row.books %}{{ row.books }}{% endif %}",
    "key": "{% if row.books_id %}{{ row.books }}{% endif %}",
    "defined": "{% if row is defined and row.books is defined %}{{ row.books }}{% endif %}",
    "read_by_the_test": "{% if flag or row.books %}{% endif %}{% if row.books or flag %}{% endif %}",
    "read_elsewhere": "{% if flag %}{{ row.books }}{% endif %}{{ row.books }}",
    "constant": "{% if true %}{{ row.books }}{% endif %}",
    "inside_a_loop": "{% for a in others %}{{ row.books }}{% endfor %}",
}

PAGE = "{% extends 'base' %}{% block body %}{{ row.own }}{% endblock %}{% block unknown %}{{ row.never }}{% endblock %}"
TOGETHER: dict[str, tuple[dict[str, str], list[tuple[str, str]]]] = {
    "block_that_a_child_overrides": (
        {"page": PAGE, "base": "{{ row.base }}{% block body %}{{ row.hidden }}{% endblock %}"},
        [("@row.base", "base"), ("@row.own", "page")],
    ),
    "super": (
        {
            "page": "{% extends 'middle' %}{% block body %}{{ super() }}{{ row.a }}{% endblock %}",
            "middle": "{% extends 'base' %}{% block body %}{{ super()|upper }}{{ row.b }}{% endblock %}",
            "base": "{% block body %}{{ row.c }}{% endblock %}",
        },
        [("@row.c", "base"), ("@row.b", "middle"), ("@row.a", "page")],
    ),
    "parent_that_is_not_here": ({"page": "{{ row.hidden }}" + PAGE}, [("@row.own", "page"), ("@row.never", "page")]),
    "block_in_a_loop": (
        {
            "page": "{% extends 'base' %}{% block one %}{{ a.x }}{% endblock %}{% block own %}{{ a.y }}{% endblock %}",
            "base": "{% for a in all %}{% block one %}{% endblock %}{% block own scoped %}{% endblock %}{% endfor %}",
        },
        [("@a.x", "page"), ("@all[*].y", "page")],
    ),
    "include_in_a_loop": (
        {"page": "{% for a in rows %}{% include ['gone', 'part'] %}{% endfor %}", "part": "{{ a.x }}"},
        [("@rows[*].x", "part")],
    ),
    "include_without_context": (
        {"page": "{% include 'part' without context %}{% include name %}", "part": "{{ row.x }}"},
        [],
    ),
    "templates_that_include_each_other": (
        {"page": "{{ row.a }}{% include 'part' %}", "part": "{{ row.b }}{% include 'page' %}"},
        [("@row.a", "page"), ("@row.b", "part")],
    ),
    "templates_that_extend_each_other": ({"page": PAGE, "base": "{% extends 'page' %}{{ row.a }}"}, []),
    "imported_macros": (
        {
            "page": "{% from 'm' import show as s %}{% import 'm' as m %}{{ s(row) }}{{ m.box(row) }}",
            "m": "{% macro show(a) %}{{ a.x }}{{ row.y }}{% endmacro %}{% macro box(a) %}{{ show(a.z) }}{% endmacro %}",
        },
        [("@row.x", "m"), ("@row.z", "m"), ("@row.z.x", "m")],
    ),
    "imported_with_context": (
        {
            "page": "{% from 'm' import show with context %}{{ show() }}",
            "m": "{% macro show() %}{{ row.x }}{% endmacro %}",
        },
        [("@row.x", "m")],
    ),
    "body_of_a_call": (
        {
            "page": "{% import 'm' as m %}{% call(b) m.box(row) %}{{ b.x }}{% endcall %}",
            "m": "{% macro box(a) %}{{ caller(a.y) }}{% endmacro %}",
        },
        [("@row.y", "m"), ("@row.y.x", "page")],
    ),
}


def reads(templates: Mapping[str, str]) -> list[tuple[str, str, int, bool]]:
    """Return what the template `page` reads."""
    sources, reading = codemod_module("templates.sources"), codemod_module("templates.reading")
    trees = {name: sources.parse(text) for name, text in templates.items()}
    known = {name: sources.Source(name, name, tree) for name, tree in trees.items()}
    return [tuple(read) for read in reading.read(known["page"], known.get)]


@pytest.mark.parametrize(("text", "terms"), READS.values(), ids=READS)
def test_reads_attributes_of_the_context(text: str, terms: list[str]) -> None:
    assert [read[0] for read in reads({"page": text})] == terms


@pytest.mark.parametrize(
    ("text", "is_conditional"),
    [*((text, True) for text in CONDITIONAL.values()), *((text, False) for text in UNCONDITIONAL.values())],
    ids=[*CONDITIONAL, *UNCONDITIONAL],
)
def test_says_where_a_test_decides(text: str, is_conditional: bool) -> None:
    assert ("@row.books", is_conditional) in [(read[0], read[3]) for read in reads({"page": text})]


@pytest.mark.parametrize(("templates", "found"), TOGETHER.values(), ids=TOGETHER)
def test_follows_templates_that_are_made_of_others(templates: dict[str, str], found: list[tuple[str, str]]) -> None:
    assert [(term, path) for term, path, _, _ in reads(templates)] == found


def test_names_the_line_of_a_read() -> None:
    assert reads({"page": "{% for a in rows %}\n\n  {{ a.b }}{% endfor %}"}) == [("@rows[*].b", "page", 3, False)]


@pytest.mark.parametrize("text", ["{% cache 60 %}{% endcache %}", "{% if a %}", "{{ a. }}"])
def test_reads_nothing_of_what_jinja_cannot_parse(text: str) -> None:
    assert codemod_module("templates.sources").parse(text) is None


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("", "app/templates/page.html"),
        ("", "templates/page.html"),
        ('Jinja2Templates("web")', "web/page.html"),
        ('Jinja2Templates(directory=Path(__file__).parent / "web" / "pages")', "app/web/pages/page.html"),
        ('Flask(__name__, template_folder="../web")', "web/page.html"),
        ('FileSystemLoader(["more", os.path.join(HERE, "web")])', "app/web/page.html"),
        ('PackageLoader("app.site")', "app/site/templates/page.html"),
        ('PackageLoader("app.site", "web")', "app/web/page.html"),
        ('Jinja2Templates(directory=f"{HERE}/web")', None),
        ("Jinja2Templates(directory=FOLDER)", None),
    ],
)
def test_finds_templates_where_a_literal_says(said: str, path: str | None, tmp_path: Path) -> None:
    files = {"app/views.py": "", "app/settings.py": f"made = {said or 0}\n", path or "web/page.html": "{{ row.a }}"}
    folders = codemod_module("templates.folders").Folders(project_of(tmp_path, files))

    assert folders.find("page.html", "app/views.py") == path


def test_finds_no_template_where_two_have_the_name(tmp_path: Path) -> None:
    files = {"app/views.py": "", "app/templates/page.html": "a", "templates/page.html": "b"}
    folders = codemod_module("templates.folders").Folders(project_of(tmp_path, files))

    assert folders.find("page.html", "app/views.py") is None


def test_imports_jinja_no_sooner_than_it_finds_a_template() -> None:
    code = "import sys, add_selectinload; print('jinja2' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=built_in_folder(), capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"
