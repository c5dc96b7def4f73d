"""Evidence as data: what a document holds, what still holds of it, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from greenmod.errors import UsageError
from greenmod.facts.evidence.document import as_data, from_data
from greenmod.facts.evidence.freshness import Stale, fresh
from greenmod.facts.evidence.given import read_evidence
from greenmod.facts.evidence.observation import Evidence, Frame, Observation, Origin, Phase, merged

SHOP = b"def buy():\n    return pay()\n"
TEST = b"def test_it():\n    buy()\n"
FILES = {"app/shop.py": SHOP, "tests/test_shop.py": TEST}
HASHES = {path: sha256(data).hexdigest() for path, data in FILES.items()}
IN_BUY = Frame("app/shop.py", 2, "buy", 11, 2, 16, "return pay()")
SEEN = Observation("tests/test_shop.py::test_it", Phase.CALL, "TypeError", "no luck", (IN_BUY,), warnings=("left",))
ANSWERED = Observation("tests/test_shop.py::test_it", Phase.CALL, "", "no luck", origin=Origin.ANSWER)


def test_survives_json() -> None:
    evidence = Evidence((SEEN, ANSWERED), HASHES)
    assert from_data(json.loads(json.dumps(as_data(evidence)))) == evidence


def test_says_everything_by_name() -> None:
    assert json.loads(json.dumps(as_data(Evidence((SEEN,), {})))) == {
        "version": 1,
        "observations": [
            {
                "test": "tests/test_shop.py::test_it",
                "phase": "call",
                "type": "TypeError",
                "message": "no luck",
                "frames": [
                    {
                        "path": "app/shop.py",
                        "line": 2,
                        "function": "buy",
                        "column": 11,
                        "end_line": 2,
                        "end_column": 16,
                        "text": "return pay()",
                    }
                ],
                "origin": "raised",
                "warnings": ["left"],
                "round": 0,
            }
        ],
        "files": {},
        "loads": [],
    }


def test_keeps_what_speaks_of_files_as_they_are() -> None:
    evidence = Evidence((SEEN, ANSWERED), HASHES)
    assert fresh(evidence, FILES.get) == (evidence, ())


@pytest.mark.parametrize(("path", "kept"), [("app/shop.py", (ANSWERED,)), ("tests/test_shop.py", ())])
def test_leaves_out_what_speaks_of_other_bytes(path: str, kept: tuple[Observation, ...]) -> None:
    now = {**FILES, path: FILES[path] + b"\n"}
    evidence, stale = fresh(Evidence((SEEN, ANSWERED), HASHES), now.get)
    assert evidence.observations == kept
    assert path not in evidence.files
    assert stale == (Stale(path, 2 - len(kept)),)


@pytest.mark.parametrize(
    "now", [None, b"def buy():\n", b"def buy():\n    return pay_twice()\n", b"\ndef buy():\n    return pay()\n"]
)
def test_goes_by_the_lines_that_are_shown_where_there_is_no_hash(now: bytes | None) -> None:
    assert fresh(Evidence((SEEN,)), {"app/shop.py": SHOP + b"# more\n"}.get) == (Evidence((SEEN,)), ())
    assert fresh(Evidence((SEEN,)), {"app/shop.py": now}.get) == (Evidence(), (Stale("app/shop.py", 1),))


def test_knows_in_which_round_something_was_seen_first() -> None:
    later = replace(SEEN, round=2)
    assert merged(Evidence((SEEN,)), Evidence((later,))).observations == (SEEN,)
    assert from_data(json.loads(json.dumps(as_data(Evidence((later,)))))).observations == (later,)


def test_has_once_what_was_said_twice() -> None:
    assert merged(Evidence((SEEN,), HASHES), Evidence((ANSWERED, SEEN))) == Evidence((SEEN, ANSWERED), HASHES)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("no luck", "it is neither XML nor a JSON object"),
        ("<html/>", "it is XML, but no JUnit report: its root is <html>"),
        ("{", "it can't be read as JSON: "),
        ("{}", "it has no `observations` and `files`"),
        ('{"version": 2, "observations": [], "files": {}}', "its version is 2, and this greenmod reads version 1"),
        ('{"version": 1, "evidence": null}', "it is the report of a run that verified nothing"),
        ('{"observations": [{"test": "a"}], "files": {}}', "an observation can't be read: KeyError: 'phase'"),
        ('{"observations": ["a"], "files": {}}', "an observation can't be read: TypeError: "),
    ],
)
def test_says_what_is_wrong_with_a_file_and_what_to_give(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "evidence"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        read_evidence(file, tmp_path, ())
    assert caught.value.message.startswith(f"--evidence {file}: {reason}")
    assert caught.value.remedy.startswith("Give what `pytest --junit-xml=FILE` or ")


def test_reads_a_report_or_evidence_alone(tmp_path: Path) -> None:
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_bytes(data)
    document = as_data(Evidence((SEEN,), HASHES))
    for number, written in enumerate([document, {"version": 1, "evidence": document}]):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(written), encoding="utf-8-sig")
        assert read_evidence(file, tmp_path, FILES) == (Evidence((SEEN,), HASHES), ())


def test_looks_at_no_file_outside_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_bytes(SHOP)
    (tmp_path / "root").mkdir()
    file = tmp_path / "evidence.json"
    beyond = Observation("a", Phase.CALL, "", "", (Frame("../secret.py", 2),))
    file.write_text(json.dumps(as_data(Evidence((beyond,)))))
    assert read_evidence(file, tmp_path / "root", ())[1] == (Stale("../secret.py", 1),)
