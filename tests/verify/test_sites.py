"""Which lines of the rendered files belong to which changes."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from greenmod.apply import render
from greenmod.model import Change, ChangeSet, Edit, ImportNeed, Safety
from greenmod.verify.sites import Sites, find_sites


def change(id: str, *edits: Edit, imports: tuple[ImportNeed, ...] = ()) -> Change:
    return Change(id, "by-hand", id, "for the test", Safety.SAFE, edits, imports)


def replacing(text: str, old: str, new: str, path: str = "app.py") -> Edit:
    assert text.count(old) == 1
    start = len(text[: text.index(old)].encode())
    return Edit(path, start, start + len(old.encode()), new)


def sites_of(before: str | None, after: str | None, *changes: Change, path: str = "app.py") -> list[tuple[object, ...]]:
    """Return first line, last line and changes of each site."""
    texts = [None if text is None else text.encode() for text in (before, after)]
    plan = ChangeSet(changes=changes)
    return listed(find_sites(plan.chosen(plan.ids), {path: texts[0]}, {path: texts[1]}), path)


def listed(sites: Sites, path: str) -> list[tuple[object, ...]]:
    return [(first, last, *sites.changes_of(site)) for first, last, site in sites.by_path.get(path, ())]


SHOP = """\
import os

def open_shop(name):
    client = make(name)
    client.start()
    return client

def close_shop(client):
    client.stop()
"""


def test_gives_each_line_to_the_change_that_wrote_it() -> None:
    start = change("start", replacing(SHOP, "client.start", "await client.start"))
    stop = change("stop", replacing(SHOP, "client.stop", "await client.stop"))
    after = SHOP.replace("client.st", "await client.st")
    assert sites_of(SHOP, after, start, stop) == [(5, 5, "start"), (9, 9, "stop")]


def test_tells_changes_of_neighbouring_lines_apart() -> None:
    make = change("make", replacing(SHOP, "make(name)", "make(name=name)"))
    start = change("start", replacing(SHOP, "client.start", "await client.start"))
    after = SHOP.replace("make(name)", "make(name=name)").replace("client.start", "await client.start")
    assert sites_of(SHOP, after, make, start) == [(4, 4, "make"), (5, 5, "start")]


def test_gives_a_line_that_two_changes_wrote_to_both() -> None:
    one = change("one", replacing(SHOP, "make(", "build("))
    two = change("two", replacing(SHOP, "(name)\n    client.", "(name, 1)\n    client."))
    after = SHOP.replace("make(name)", "build(name, 1)")
    assert sites_of(SHOP, after, one, two) == [(4, 4, "one", "two")]


def test_follows_lines_that_an_added_import_and_the_formatter_moved() -> None:
    need = ImportNeed("app.py", "factory", "build")
    start = change("start", replacing(SHOP, "client.start()", "build(client, 'a', 'b')"), imports=(need,))
    after = SHOP.replace("import os\n", "import os\n\nfrom factory import build\n")
    after = after.replace("client.start()", 'build(\n        client,\n        "a",\n    )')
    assert sites_of(SHOP, after, start) == [(7, 10, "start")]


def test_follows_lines_through_imports_as_they_are_settled() -> None:
    drop = ImportNeed("app.py", "os", action="drop")
    start = change("start", replacing(SHOP, "client.start()", "build(client)"), imports=(drop,))
    stop = change("stop", replacing(SHOP, "client.stop", "json.stop"), imports=(ImportNeed("app.py", "json"),))
    plan = ChangeSet(changes=(start, stop))
    rendered = render(plan, plan.ids, {"app.py": SHOP.encode()})
    assert (rendered.after["app.py"] or b"").startswith(b"import json\n\ndef open_shop")
    assert listed(find_sites(plan.changes, rendered.before, rendered.after), "app.py") == [
        (5, 5, "start"),
        (9, 9, "stop"),
    ]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(0, 3)), max_size=8), st.booleans())
def test_finds_the_lines_of_each_change_wherever_they_are(gaps: list[tuple[int, int, int]], ends: bool) -> None:
    before, after, changes = "", "", []
    for number, (kept, gone, new) in enumerate(gaps):
        same = "".join(f"same_{line}\n" for line in range(kept))
        old, text = "old\n" * gone, f"new_{number}\n" * new
        if gone or new:
            edit = Edit("app.py", len(before + same), len(before + same + old), text)
            changes.append(change(f"{number}", edit))
        before, after = before + same + old, after + same + text
    last = "same" if ends else ""
    sites = find_sites(changes, {"app.py": (before + last).encode()}, {"app.py": (after + last).encode()})
    assert {id for ids in sites.owners for id in ids} == {one.id for one in changes}
    owners: defaultdict[int, set[str]] = defaultdict(set)
    for first, end, site in sites.by_path.get("app.py", ()):
        for line in range(first, end + 1):
            owners[line].update(sites.changes_of(site))
    for line, written in enumerate(after.splitlines(), 1):
        if written.startswith("new_"):
            assert written[4:] in owners[line]
        elif written.startswith("same_"):
            assert line not in owners


@example("", [(0, 0, "%"), (0, 0, "\n%")])
@given(
    st.text("ab \n", max_size=30),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(["", "%", "%\n", "\n%", "%\n%"]))),
)
def test_finds_the_lines_of_edits_within_lines(before: str, wanted: list[tuple[int, int, str]]) -> None:
    at, after, edits = 0, "", dict[str, Edit]()
    for number, (kept, gone, text) in enumerate(wanted):
        letter = chr(ord("A") + number)
        edit = Edit("app.py", at + kept, at + kept + gone, text.replace("%", letter))
        if edit.end > len(before):
            break
        if any(edit.overlaps(other) for other in edits.values()):
            continue  # they are never made together
        after += before[at : edit.start] + edit.text
        at = edit.end
        if gone or edit.text:
            edits[letter] = edit
    after += before[at:]
    changes = [change(letter, edit) for letter, edit in edits.items()]
    sites = find_sites(changes, {"app.py": before.encode()}, {"app.py": after.encode()})
    found = sites.by_path.get("app.py", ())
    for line, written in enumerate(after.splitlines(), 1):
        owners = {id for first, last, site in found if first <= line <= last for id in sites.changes_of(site)}
        assert {letter for letter in written if letter.isupper()} <= owners


def test_knows_a_change_of_imports_alone_by_the_import() -> None:
    other = change("other", replacing(SHOP, "client.stop", "await client.stop"))
    only = change("only", replacing("y = 1\n", "1", "2", "x.py"), imports=(ImportNeed("app.py", "factory", "build"),))
    moved = change("moved", replacing(SHOP, "import os", "import posix"))
    after = SHOP.replace("import os\n", "from factory import build\nimport os\n").replace(
        "client.stop", "await client.stop"
    )
    assert sites_of(SHOP, after, other, only) == [(1, 1, "only"), (10, 10, "other")]
    assert sites_of(SHOP, SHOP.replace("os", "posix", 1), moved) == [(1, 1, "moved")]


def test_leaves_imports_out_where_a_change_has_code_in_another_file() -> None:
    need = ImportNeed("app.py", "factory", "build")
    both = change("both", replacing("y = 1\n", "1", "2", "x.py"), imports=(need,))
    before = {"app.py": SHOP.encode(), "x.py": b"y = 1\n"}
    after = {"app.py": b"from factory import build\n" + SHOP.encode(), "x.py": b"y = 2\n"}
    sites = find_sites((both,), before, after)
    assert (listed(sites, "app.py"), listed(sites, "x.py")) == ([], [(1, 1, "both")])


def test_leaves_comments_out_where_a_change_has_code() -> None:
    both = change("both", replacing(SHOP, "    client.stop()", "    # gently\n\n    client.stop(1)"))
    assert sites_of(SHOP, SHOP.replace("    client.stop()", "    # gently\n\n    client.stop(1)"), both) == [
        (11, 11, "both")
    ]
    comment = change("comment", replacing(SHOP, "    client.stop()", "    # gently\n    client.stop()"))
    assert sites_of(SHOP, SHOP.replace("    client.stop()", "    # gently\n    client.stop()"), comment) == [
        (9, 9, "comment")
    ]


def test_gives_lines_that_nobody_claims_to_the_nearest_edit() -> None:
    make = change("make", replacing(SHOP, "make(name)", "build(name)"))
    stop = change("stop", replacing(SHOP, "client.stop()", "client.halt()"))
    after = (
        SHOP.replace("make", "build")
        .replace("stop()", "halt()")
        .replace("def close_shop(client):", "def close_shop(c):")
    )
    assert sites_of(SHOP, after, make, stop) == [(4, 4, "make"), (8, 9, "stop")]


@pytest.mark.parametrize(
    ("old", "new", "site"),
    [
        ("    client.start()\n", "", (5, 4)),  # before the line that follows it
        ("    client.stop()\n", "", (8, 7)),  # its block ends there: at what it stood in
        ("    return client\n", "", (5, 4)),
        ("import os\n", "", (2, 1)),
        ("def close_shop(client):\n    client.stop()\n", "", (3, 2)),
    ],
)
def test_stands_where_deleted_lines_were(old: str, new: str, site: tuple[int, int]) -> None:
    assert sites_of(SHOP, SHOP.replace(old, new), change("gone", replacing(SHOP, old, new))) == [(*site, "gone")]


def test_gives_a_deleted_decorator_to_its_function() -> None:
    before = "x = 1\n@cache\ndef f():\n    return x\n"
    gone = change("gone", replacing(before, "@cache\n", ""))
    assert sites_of(before, before.replace("@cache\n", ""), gone) == [(2, 2, "gone")]


def test_gives_a_deleted_branch_to_its_condition() -> None:
    before = "def f(a):\n    if a:\n        return g(\n            a\n        )\n    else:\n        return 2\n\nf(1)\n"
    gone = change("gone", replacing(before, "    else:\n        return 2\n", ""))
    assert sites_of(before, before.replace("    else:\n        return 2\n", ""), gone) == [(2, 1, "gone")]


def test_takes_new_and_emptied_files() -> None:
    new = change("new", Edit("app.py", 0, 0, "x = 1\n\ny = 2\n"))
    assert sites_of(None, "x = 1\n\ny = 2\n", new) == [(1, 1, "new"), (3, 3, "new")]
    gone = change("gone", replacing("x = 1\n", "x = 1\n", ""))
    assert sites_of("x = 1\n", "", gone) == [(1, 0, "gone")]
    assert sites_of("x = 1\n", None, gone) == []


def test_takes_files_without_a_last_line_end_and_with_other_line_ends() -> None:
    assert sites_of("x = 1", "x = 1\ny = 2\n", change("more", Edit("app.py", 5, 5, "\ny = 2\n"))) == [(1, 2, "more")]
    before = "# café\r\nx = 1\r\ny = 2\r\n"
    assert sites_of(before, before.replace("2", "3"), change("y", replacing(before, "2", "3"))) == [(3, 3, "y")]


def test_takes_a_file_that_this_python_cannot_parse() -> None:
    before = "print 'a'\nimport os\n"
    assert sites_of(before, before.replace("'a'", "'b'"), change("b", replacing(before, "'a'", "'b'"))) == [(1, 1, "b")]


def test_leaves_other_files_out() -> None:
    edit = replacing("a = 1\n", "1", "2", "app.toml")
    assert sites_of("a = 1\n", "a = 2\n", change("settings", edit), path="app.toml") == []
