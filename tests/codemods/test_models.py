"""Entities, schemas and routes as `add-selectinload` reads them over several files; the libraries need not be there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codemods.conftest import ReadModels, codemod_module

MODELS = """\
from typing import List
from sqlalchemy import Column, ForeignKey, Text
from sqlalchemy.ext.associationproxy import association_proxy
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, deferred, mapped_column, relationship, synonym

class Base(DeclarativeBase):
    def __repr__(self):
        return f"<{self.id}>"

class Starred:
    @property
    def stars(self):
        return sum(review.stars for review in self.reviews)

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    bio: Mapped[str] = mapped_column(Text, deferred=True)
    notes = deferred(Column(Text))
    upper = column_property(Column(Text))
    books: Mapped[List["Book"]] = relationship(back_populates="author")
    works = synonym("books")
    titles = association_proxy("books", "title")

    @property
    def review_count(self) -> int:
        return len(self.reviews_of_books())

    def reviews_of_books(self):
        found = []
        for number, book in enumerate(sorted(self.books)):
            for review in book.reviews:
                found.append(review)
        return found

    @hybrid_property
    def first(self):
        return self.books[0].title if self.books else None

    @first.expression
    def first(cls):
        return Book.title

    @property
    def late(self):
        names = [each.name for each in shelf]
        shelf = self.books
        return getattr(self, "bio"), names

    @late.setter
    def late(self, value):
        self.other.thing = value

    @classmethod
    def find(cls):
        return cls.books

class Book(Starred, Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped["Author"] = relationship(back_populates="books")
    reviews: Mapped[List["Review"]] = relationship()

    def __str__(self):
        return f"{self.title} by {self.author.name}"

class Review(Base):
    __tablename__ = "reviews"
    id: Mapped[int] = mapped_column(primary_key=True)
    stars: Mapped[int]
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))
"""
SCHEMAS = """\
from __future__ import annotations
from typing import Annotated, ClassVar, Generic, List, Optional, TypeVar, Union
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

T = TypeVar("T")
COMMON = ConfigDict(from_attributes=True)

class Read(BaseModel):
    model_config = COMMON

class ReviewOut(Read):
    stars: int

class BookOut(Read):
    kind: ClassVar[str] = "book"
    _secret: int = 0
    title: str
    reviews: List[ReviewOut]
    writer: Optional["AuthorOut"] = Field(None, validation_alias=AliasChoices("author", AliasPath("owner", "name")))
    either: Annotated[Union[ReviewOut, str, None], Field(alias="first")] = None

class AuthorOut(Read):
    model_config = ConfigDict(from_attributes=False, populate_by_name=True)
    books: "list[BookOut]" = Field(alias="works")

    @model_validator(mode="before")
    @classmethod
    def check(cls, data):
        return [book.author for book in data.drafts]

class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_review: ReviewOut

class Old(BaseModel):
    books: list[BookOut]
    class Config:
        orm_mode = True

class Page(BaseModel, Generic[T]):
    items: List[T]
    total: int

class Envelope(BaseModel, Generic[T]):
    data: T

class BookPage(Page[BookOut]):
    pass

Books = List[BookOut]
"""
ROUTES = """\
from fastapi import APIRouter, FastAPI, Response
from .schemas import AuthorOut, BookOut, BookPage, Books, Envelope, Page
class Router(APIRouter):
    def add_api_route(self, path, endpoint, **options): ...
router = APIRouter()
own_router = Router()
app = FastAPI()

@own_router.get("/heir")
def heir() -> BookOut: ...
@router.get("/", response_model=list[AuthorOut], response_model_exclude={"books"})
async def authors(): ...
@app.get("/page")
def page() -> Page[BookOut]: ...
@router.get("/one")
def envelope() -> Envelope[BookOut]: ...
@router.get("/books", response_model=Books)
def books() -> object: ...
@router.get("/own")
def own() -> BookPage: ...
@router.get("/either")
def either() -> BookOut | AuthorOut | None: ...
@router.delete("/", response_model=None)
def nothing() -> BookOut: ...
@router.get("/raw")
def raw() -> Response: ...
@router.get("/made", response_model=make())
def made(): ...
def plain() -> BookOut: ...
@cache.get("key")
def cached() -> BookOut: ...
class Views:
    @router.get("/view")
    async def view(self) -> BookOut: ...
"""
SHOP = {"app/__init__.py": "", "app/models.py": MODELS, "app/schemas.py": SCHEMAS, "app/routes.py": ROUTES}


def test_reads_what_an_entity_has(read_models: ReadModels) -> None:
    author = read_models(SHOP).entity("app.models.Author")

    assert author is not None
    assert (author.path, author.line, author.bases, author.is_whole) == ("app/models.py", 16, (), True)
    assert author.columns == ("id", "bio", "notes", "upper")
    assert author.columns_deferred == ("bio", "notes")
    assert author.reads == {
        "__repr__": (("id",),),
        "first": (("books", "title"),),
        "late": (("bio",), ("books", "name")),
        "review_count": (("reviews_of_books",),),
        "reviews_of_books": (("books", "reviews"),),
        "titles": (("books", "title"),),
        "works": (("books",),),
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("books",), ["Author.books"]),
        (("books", "author", "name"), ["Author.books>Book.author"]),
        (("review_count",), ["Author.books>Book.reviews"]),
        (("works", "title"), ["Author.books"]),
        (("books", "stars"), ["Author.books>Book.reviews"]),
        (("bio",), []),
        (("nothing",), []),
    ],
)
def test_follows_an_attribute_path_to_the_relationships_that_it_loads(
    path: tuple[str, ...], expected: list[str], read_models: ReadModels
) -> None:
    models = read_models(SHOP)
    author = models.entity("app.models.Author")

    assert author is not None
    found = [
        ">".join(f"{one.declared_in.rpartition('.')[2]}.{one.name}" for one in chain)
        for chain in models.chains(author, path)
    ]
    assert found == expected


def test_reads_fields_and_settings_of_schemas(read_models: ReadModels) -> None:
    models = read_models(SHOP)
    names = ("Read", "BookOut", "AuthorOut", "Camel", "Old", "Page", "BookPage")
    schemas = {name: models.schema(f"app.schemas.{name}") for name in names}

    assert {name: schema and schema.from_attributes for name, schema in schemas.items()} == {
        "Read": True,
        "BookOut": True,
        "AuthorOut": False,
        "Camel": False,
        "Old": True,
        "Page": False,
        "BookPage": False,
    }
    fields = {
        f"{name}.{field.name}": (field.reads, [each.rpartition(".")[2] for each in field.schemas], field.is_many)
        for name, schema in schemas.items()
        for field in (schema.fields.values() if schema else ())
    }
    assert fields == {
        "BookOut.title": (("title",), [], False),
        "BookOut.reviews": (("reviews",), ["ReviewOut"], True),
        "BookOut.writer": (("author", "owner"), ["AuthorOut"], False),
        "BookOut.either": (("first",), ["ReviewOut"], False),
        "AuthorOut.books": (("works", "books"), ["BookOut"], True),
        "Camel.first_review": (("firstReview", "first_review"), ["ReviewOut"], False),
        "Old.books": (("books",), ["BookOut"], True),
        "Page.items": (("items",), [], True),
        "Page.total": (("total",), [], False),
        "BookPage.items": (("items",), ["BookOut"], True),
        "BookPage.total": (("total",), [], False),
    }
    book, author = schemas["BookOut"], schemas["AuthorOut"]
    assert book is not None
    assert author is not None
    assert [field.name for field in book.fields.values() if field.is_optional] == ["writer", "either"]
    assert author.reads == (("drafts", "author"),)
    assert models.schema("app.models.Author") is None


def test_reads_what_routes_answer_with(read_models: ReadModels) -> None:
    models = read_models(SHOP)
    found = {
        route.function.removeprefix("app.routes."): (
            [each.removeprefix("app.schemas.") for each in route.schemas],
            route.is_many,
            route.container,
            route.is_async,
        )
        for route in models.routes
    }

    assert found == {
        "heir": (["BookOut"], False, "", False),
        "authors": (["AuthorOut"], True, "", True),
        "page": (["BookOut"], True, "Page", False),
        "envelope": (["BookOut"], False, "Envelope", False),
        "books": (["BookOut"], True, "", False),
        "own": (["BookPage"], False, "", False),
        "either": (["BookOut", "AuthorOut"], False, "", False),
        "nothing": ([], False, "", False),
        "raw": ([], False, "", False),
        "made": ([], False, "", False),
        "Views.view": (["BookOut"], False, "", True),
    }
    authors, made = models.route("app.routes.authors"), models.route_at("app/routes.py", "made")
    assert authors is not None
    assert made is not None
    assert authors.excluded == ("books",)
    assert made.doubt is not None
    assert made.doubt.rule == "unknown-response-model"
    assert models.route("app.routes.plain") is None


APPLICATION = """\
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel
class Out(BaseModel):
    id: int
    books: list[str]
class Row:
    id = 1
    @property
    def books(self):
        print("books are read")
        return []
app = FastAPI()
@app.get("/", response_model=Out, response_model_exclude={"books"})
def row():
    return Row()
print(TestClient(app).get("/").text)
"""


def test_fastapi_reads_attributes_whatever_the_schema_says_and_excludes(tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    done = subprocess.run(
        [sys.executable, "-c", APPLICATION], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["books are read", '{"id":1}'], done.stderr


def test_reads_sqlmodel(read_models: ReadModels) -> None:
    models = read_models(
        {
            "app/models.py": (
                "from sqlmodel import Field, Relationship, SQLModel\n"
                "class HeroTeam(SQLModel, table=True):\n"
                "    hero_id: int = Field(foreign_key='hero.id', primary_key=True)\n"
                "class HeroBase(SQLModel):\n    name: str\n"
                "class Hero(HeroBase, table=True):\n"
                "    id: int | None = Field(default=None, primary_key=True)\n"
                "    team: 'Team' = Relationship(back_populates='heroes', sa_relationship_kwargs={'lazy': 'joined'})\n"
                "    teams: list['Team'] = Relationship(\n"
                "        link_model=HeroTeam, sa_relationship_kwargs=dict(lazy='selectin')\n"
                "    )\n"
                "class Team(SQLModel, table=True):\n"
                "    heroes: list['Hero'] = Relationship(back_populates='team', cascade_delete=True)\n"
                "class HeroRead(HeroBase):\n    team: 'Team | None'\n"
            )
        }
    )
    hero, read = models.entity("app.models.Hero"), models.schema("app.models.HeroRead")

    assert [entity.name for entity in models.entities] == ["app.models.Hero", "app.models.HeroTeam", "app.models.Team"]
    assert hero is not None
    assert read is not None
    assert {
        one.name: (one.target, one.is_collection, one.lazy, one.back_populates) for one in hero.relationships.values()
    } == {
        "team": ("app.models.Team", False, "joined", "heroes"),
        "teams": ("app.models.Team", True, "selectin", ""),
    }
    assert hero.columns == ("id", "name")
    assert read.from_attributes
    assert list(read.fields) == ["name", "team"]


def test_reads_flask_sqlalchemy_through_files(read_models: ReadModels) -> None:
    models = read_models(
        {
            "shop/__init__.py": "from flask_sqlalchemy import SQLAlchemy\ndb = SQLAlchemy()\n",
            "shop/people.py": (
                "from shop import db\n"
                "class BlogAuthor(db.Model):\n"
                "    id = db.Column(db.Integer, primary_key=True)\n"
                "    posts = db.relationship('Post', backref=db.backref('author', lazy='joined'), lazy='dynamic')\n"
            ),
            "shop/posts.py": (
                "from . import db\n"
                "class Post(db.Model):\n"
                "    author_id = db.Column(db.Integer, db.ForeignKey('blog_author.id'))\n"
            ),
        }
    )
    found = {
        f"{entity.name}.{one.name}": (one.target, one.is_collection, one.lazy, one.path, one.is_by_backref)
        for entity in models.entities
        for one in entity.relationships.values()
    }

    assert found == {
        "shop.people.BlogAuthor.posts": ("shop.posts.Post", True, "dynamic", "shop/people.py", False),
        "shop.posts.Post.author": ("shop.people.BlogAuthor", False, "joined", "shop/people.py", True),
    }


def test_follows_names_that_are_re_exported_renamed_or_there_for_types_alone(read_models: ReadModels) -> None:
    models = read_models(
        {
            "backend/app/db.py": "from sqlalchemy.orm import declarative_base as make\nBase = make()\n",
            "backend/app/__init__.py": "",
            "backend/app/models/__init__.py": "from app.db import *\nfrom .author import Author as Writer\n",
            "backend/app/models/author.py": (
                "from typing import TYPE_CHECKING\n"
                "from sqlalchemy import orm\n"
                "from app.models import Base as Root\n"
                "if TYPE_CHECKING:\n    from .book import Volume as Book\n"
                "class Author(Root):\n    books: orm.Mapped[list['Book']] = orm.relationship('Volume')\n"
            ),
            "backend/app/models/book.py": "from app.models import Base\nclass Volume(Base):\n    pass\n",
        }
    )
    author = models.entity("app.models.author.Author")

    assert author is not None
    assert author == models.entity("backend.app.models.author.Author") == models.entity("app.models.Writer")
    assert author.relationships["books"].target == "app.models.book.Volume"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("class A(Base):\n    b = relationship('Nowhere')\n", "unknown-target"),
        ("class A(Base):\n    b = relationship('B')\nclass B(Base):\n    pass\n", "unknown-direction"),
        ("def many(x):\n    return relationship(x)\nclass A(Base):\n    b = many('A')\n", "computed-relationship"),
        ("class A:\n    pass\nregistry().map_imperatively(A, table)\n", "imperative-mapping"),
        ("Auto = automap_base()\nclass A(Auto):\n    __tablename__ = 'a'\n", "automap"),
        ("class A(make_base()):\n    __tablename__ = 'a'\n    id = Column(Integer)\n", "unknown-base"),
    ],
)
def test_says_what_it_can_not_tell(text: str, rule: str, read_models: ReadModels) -> None:
    imports = (
        "from sqlalchemy import Column, Integer\nfrom sqlalchemy.ext.automap import automap_base\n"
        "from sqlalchemy.orm import DeclarativeBase, registry, relationship\nclass Base(DeclarativeBase):\n    pass\n"
    )
    models = read_models({"app.py": imports + text})

    assert [doubt.rule for doubt in models.doubts] == [rule]


def test_leaves_a_name_alone_that_two_modules_have(read_models: ReadModels) -> None:
    entity = "from base import Base\nclass Post(Base):\n    pass\n"
    models = read_models(
        {
            "base.py": "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase):\n    pass\n",
            "one/posts.py": entity,
            "two/posts.py": entity,
            "users.py": (
                "from sqlalchemy.orm import relationship\nfrom base import Base\n"
                "class User(Base):\n    some = relationship('Post', uselist=True)\n"
                "    other = relationship('two.posts.Post', uselist=True)\n"
            ),
        }
    )
    user = models.entity("users.User")

    assert user is not None
    assert user.relationships["some"].target is None
    assert user.relationships["other"].target == "two.posts.Post"
    assert [(doubt.line, doubt.rule) for doubt in models.doubts] == [(4, "ambiguous-class-name")]
    assert models.entity("posts.Post") is None
    assert models.doubt("posts.Post") is not None


def test_rows_survive_json() -> None:
    collecting, rows = codemod_module("survey.collecting"), codemod_module("survey.rows")
    import ast

    from greenmod.api import SurveyedFile
    from greenmod.facts.survey import survey

    tree = ast.parse(MODELS)
    found = collecting.collect(SurveyedFile("a.py", MODELS, tree, survey("a.py", tree)))

    assert rows.from_data(json.loads(json.dumps(rows.as_data(found)))) == found
