"""`add-selectinload` with the tests of a small application, as `run --verify` plays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")

COOPS = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase):
    pass
class Coop(Base):
    __tablename__ = "coop"
    id: Mapped[int] = mapped_column(primary_key=True)
    hens: Mapped[list["Hen"]] = relationship()
    doors: Mapped[list["Door"]] = relationship()
class Hen(Base):
    __tablename__ = "hen"
    id: Mapped[int] = mapped_column(primary_key=True)
    coop_id: Mapped[int] = mapped_column(ForeignKey("coop.id"))
class Door(Base):
    __tablename__ = "door"
    id: Mapped[int] = mapped_column(primary_key=True)
    coop_id: Mapped[int] = mapped_column(ForeignKey("coop.id"))
def coops(session):
    return session.scalars(select(Coop)).all()
def hens(session):
    return [len(coop.hens) for coop in coops(session)]
def doors(session):
    return [len(coop.doors) for coop in coops(session)]
"""
TEST = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from coops import Base, Coop, Hen, hens
def test_hens():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Coop(hens=[Hen()]) for _ in range(4)])
        session.commit()
    with Session(engine) as session:
        assert hens(session) == [1, 1, 1, 1]
"""


def run(folder: Path, *options: str) -> Any:
    command = [sys.executable, "-m", "greenmod", "run", "--select", "add-selectinload", "--format", "json", *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def test_what_tests_that_load_others_do_not_load_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "coops.py").write_text(COOPS)
    (tmp_path / "test_coops.py").write_text(TEST)

    read = run(tmp_path)
    tested = run(tmp_path, "--verify", "--python", sys.executable)

    assert [change["title"] for change in read["changes"]] == ["Load `Coop.hens`, `Coop.doors` with the query"]
    assert read["skips"] == []
    assert [change["title"] for change in tested["changes"]] == ["Load `Coop.hens` with the query"]
    assert [(skip["line"], skip["rule"]) for skip in tested["skips"]] == [(19, "untested-path")]
    (saving,) = tested["verification"]["savings"].values()
    assert saving["before"] - saving["after"] == 3
