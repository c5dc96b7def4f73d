"""Relationships as `add-selectinload` reads them and as the running mappers have them: each form, told twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.codemods.conftest import ReadModels

if TYPE_CHECKING:
    from codemods.add_selectinload.models.models import Models

IMPORTS = """\
from __future__ import annotations
from typing import TYPE_CHECKING, List, Optional
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table
from sqlalchemy.orm import (
    DeclarativeBase, DynamicMapped, Mapped, MappedAsDataclass, WriteOnlyMapped,
    backref, declarative_base, declared_attr, mapped_column, registry, relationship,
)
"""
BASE = """
class Base(DeclarativeBase):
    pass
"""
# What each form is read as: "Class.attribute": "target, one or many, lazy, the class that declares it".
FORMS = {
    "annotated": (
        BASE
        + """
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[List["Book"]] = relationship(back_populates="author", lazy="selectin")
    best: Mapped[Optional["Book"]] = relationship(viewonly=True)
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author | None] = relationship(back_populates="books")
""",
        {
            "Author.books": "Book many selectin Author",
            "Author.best": "Book one select Author",
            "Book.author": "Author one select Book",
        },
    ),
    "a list where the key is": (
        BASE
        + """
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[List["Author"]] = relationship()
""",
        {"Book.author": "Author one select Book"},
    ),
    "a class called Collection": (
        BASE
        + """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    collections: Mapped[list[Collection]] = relationship()
class Collection(Base):
    __tablename__ = "collections"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
""",
        {"User.collections": "Collection many select User"},
    ),
    "legacy": (
        """
Base = declarative_base()
tags = Table("tags", Base.metadata, Column("book", ForeignKey("books.id")), Column("tag", ForeignKey("tag.id")))
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", lazy="dynamic")
    passport = relationship(lambda: Passport, uselist=False, lazy=False)
class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer, ForeignKey("authors.id"))
    tags = relationship("Tag", secondary=tags, backref=backref("books", lazy="joined"), lazy=True)
class Passport(Base):
    __tablename__ = "passports"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey(Author.id))
class Tag(Base):
    __tablename__ = "tag"
    id = Column(Integer, primary_key=True)
""",
        {
            "Author.books": "Book many dynamic Author",
            "Author.passport": "Passport one joined Author",
            "Book.tags": "Tag many select Book",
            "Tag.books": "Book many joined Tag",
        },
    ),
    "backrefs": (
        BASE
        + """
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", backref="author")
class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
    cover_id = Column(ForeignKey("covers.id"))
    cover = relationship("Cover", backref=backref("book", uselist=False, lazy="raise"))
class Cover(Base):
    __tablename__ = "covers"
    id = Column(Integer, primary_key=True)
""",
        {
            "Author.books": "Book many select Author",
            "Book.author": "Author one select Book",
            "Book.cover": "Cover one select Book",
            "Cover.book": "Book one raise Cover",
        },
    ),
    "itself": (
        BASE
        + """
class Node(Base):
    __tablename__ = "nodes"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("nodes.id"))
    children = relationship("Node", back_populates="parent")
    parent = relationship("Node", back_populates="children", remote_side=[id])
class Part(Base):
    __tablename__ = "parts"
    id = Column(Integer, primary_key=True)
    whole_id = Column(ForeignKey("parts.id"))
    parts = relationship("Part", backref=backref("whole", remote_side="Part.id"))
""",
        {
            "Node.children": "Node many select Node",
            "Node.parent": "Node one select Node",
            "Part.parts": "Part many select Part",
            "Part.whole": "Part one select Part",
        },
    ),
    "mixins": (
        BASE
        + """
class Owned:
    @declared_attr
    def owner_id(cls):
        return Column(ForeignKey("user.id"))
    @declared_attr
    def owner(cls) -> Mapped["User"]:
        return relationship("User", lazy="joined")
class Abstract(Base):
    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    @declared_attr.directive
    def __tablename__(cls):
        return cls.__name__.lower()
class User(Abstract):
    pets = relationship("Pet")
class Pet(Owned, Abstract):
    pass
class House(Abstract, Owned):
    pass
""",
        {
            "User.pets": "Pet many select User",
            "Pet.owner": "User one joined Pet",
            "House.owner": "User one joined House",
        },
    ),
    "inheritance": (
        BASE
        + """
class Employee(Base):
    __tablename__ = "employees"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))
    company: Mapped["Company"] = relationship(lazy="raise_on_sql")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}
class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": "manager"}
    manager_id: Mapped[int | None] = mapped_column(ForeignKey("reports.id"))
    report: Mapped["Report"] = relationship()
class Engineer(Employee):
    __tablename__ = "engineers"
    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    __mapper_args__ = {"polymorphic_identity": "engineer"}
class Company(Base):
    __tablename__ = "companies"
    id: Mapped[int] = mapped_column(primary_key=True)
    engineers: Mapped[list["Engineer"]] = relationship(viewonly=True)
    managers = relationship("Manager", viewonly=True)
class Report(Base):
    __tablename__ = "reports"
    id: Mapped[int] = mapped_column(primary_key=True)
""",
        {
            "Employee.company": "Company one raise_on_sql Employee",
            "Manager.company": "Company one raise_on_sql Employee",
            "Manager.report": "Report one select Manager",
            "Engineer.company": "Company one raise_on_sql Employee",
            "Company.engineers": "Engineer many select Company",
            "Company.managers": "Manager many select Company",
        },
    ),
    "a registry's decorator": (
        """
reg = registry()
@reg.mapped
class Author:
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
    books = relationship("Book", back_populates="author")
@reg.mapped_as_dataclass
class Book:
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped["Author"] = relationship(back_populates="books")
""",
        {"Author.books": "Book many select Author", "Book.author": "Author one select Book"},
    ),
    "wrappers that say how": (
        """
class Base(MappedAsDataclass, DeclarativeBase):
    pass
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: DynamicMapped["Book"] = relationship(init=False)
    drafts: WriteOnlyMapped["Book"] = relationship(init=False, overlaps="books")
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
""",
        {"Author.books": "Book many dynamic Author", "Author.drafts": "Book many write_only Author"},
    ),
    "set afterwards": (
        BASE
        + """
class Author(Base):
    __tablename__ = "authors"
    id = Column(Integer, primary_key=True)
class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    author_id = Column(ForeignKey("authors.id"))
Author.books = relationship(Book, back_populates="author")
Book.__mapper__.add_property("author", relationship(Author, back_populates="books"))
""",
        {"Author.books": "Book many select Author", "Book.author": "Author one select Book"},
    ),
    "two keys": (
        BASE
        + """
class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    best_id = Column(ForeignKey("posts.id"))
    best = relationship("Post", foreign_keys=[best_id], post_update=True)
    posts = relationship("Post", foreign_keys="Post.author_id", lazy="subquery")
class Post(Base):
    __tablename__ = "posts"
    id = Column(Integer, primary_key=True)
    author_id = Column(Integer)
    author = relationship("User", foreign_keys=[author_id], overlaps="posts")
    __table_args__ = (ForeignKeyConstraint(["author_id"], ["users.id"]),)
""",
        {
            "User.best": "Post one select User",
            "User.posts": "Post many subquery User",
            "Post.author": "User one select Post",
        },
    ),
    "common keywords": (
        BASE
        + """
COMMON = {"lazy": "selectin"}
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    args = {"lazy": "joined", "back_populates": "author"}
    books: Mapped[list["Book"]] = relationship("Book", **args)
class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped["Author"] = relationship("Author", **COMMON)
""",
        {"Author.books": "Book many joined Author", "Book.author": "Author one selectin Book"},
    ),
    "two bases": (
        BASE
        + """
class Other(DeclarativeBase):
    pass
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user = relationship("User")
def legacy():
    class User(Other):
        __tablename__ = "users"
        id: Mapped[int] = mapped_column(primary_key=True)
    return User
""",
        {"Post.user": "User one select Post"},
    ),
}
PROBE = """
import json, sys, warnings
warnings.simplefilter("ignore")
import shop
from sqlalchemy.orm import DeclarativeBase, configure_mappers, mapperlib
configure_mappers()
found = {}
for registry in mapperlib._all_registries():
    for mapper in registry.mappers:
        for each in mapper.relationships:
            declaring = [m for m in mapper.iterate_to_root() if each.key in m.relationships][-1]
            lazy = {True: "select", False: "joined"}.get(each.lazy, each.lazy)
            words = each.mapper.class_.__name__, "many" if each.uselist else "one", lazy, declaring.class_.__name__
            found[f"{mapper.class_.__name__}.{each.key}"] = " ".join(words)
print(json.dumps(found))
"""


@pytest.mark.parametrize("form", FORMS)
def test_reads_what_the_mapper_has(form: str, read_models: ReadModels, tmp_path: Path) -> None:
    text, expected = FORMS[form]
    models = read_models({"shop.py": IMPORTS + text})

    assert _read(models) == expected
    assert [doubt for doubt in models.doubts if doubt.rule != "unknown-direction"] == []
    pytest.importorskip("sqlalchemy", minversion="2.0")
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


def _read(models: Models) -> dict[str, str]:
    found = {}
    for entity in models.entities:
        for one in entity.relationships.values():
            many = {True: "many", False: "one", None: "?"}[one.is_collection]
            names = [(each or "?").removeprefix("shop.") for each in (one.target, one.declared_in)]
            found[f"{entity.name}.{one.name}".removeprefix("shop.")] = f"{names[0]} {many} {one.lazy} {names[1]}"
    return found
