"""Evidence from pytest's JUnit XML, in every style of its tracebacks: the reports are those of real runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from greenmod.facts.evidence.junit import read_junit
from greenmod.facts.evidence.observation import Frame, Observation, Origin, Phase
from greenmod.facts.evidence.places import Places

SHOP = """\
import logging

async def buy(till):
    return await till.pay(
        1,
    )

async def try_to_buy(till):
    try:
        return await buy(till)
    except TypeError as error:
        raise RuntimeError("no luck:\\n  none") from error

async def ask(till):
    try:
        return await buy(till)
    except TypeError as error:
        logging.getLogger(__name__).error("failed: %s", error)

async def ask_in_detail(till):
    try:
        return await buy(till)
    except TypeError:
        logging.getLogger(__name__).exception("failed")
"""
TESTS = """\
import asyncio
import pytest
from app import shop

class Till:
    def pay(self, price): return price

class TestBuy:
    @pytest.mark.parametrize("price", ["1.5"])
    def test_plain(self, price):
        asyncio.run(shop.buy(Till()))

def test_chained():
    asyncio.run(shop.try_to_buy(Till()))

def test_context():
    try:
        raise KeyError("first")
    except KeyError:
        raise LookupError("second")

def test_compares():
    assert [1] == [2]

@pytest.fixture
def broken():
    raise ValueError('bad: "fixture"')

def test_fixture(broken): pass

@pytest.fixture
def unclean():
    yield
    raise ValueError("left over")

def test_teardown(unclean): pass

def test_logged():
    print("nothing of interest")
    assert asyncio.run(shop.ask(Till()))

def test_logged_in_detail():
    assert asyncio.run(shop.ask_in_detail(Till()))

def test_answered():
    print('{"detail": "no luck"}')
    assert False

def test_fine(): print("some error")
"""
GROUP = """\
import asyncio
from app import shop
from test_shop import Till

def test_group():
    try:
        asyncio.run(shop.buy(Till()))
    except TypeError as error:
        raise ExceptionGroup("many", [error, ValueError("one\\nmore")]) from None
"""
NOT_AWAITABLE = "object int can't be used in 'await' expression"
IN_BUY = Frame("app/shop.py", 4, "buy", text="return await till.pay(")
PATHS = ("app/__init__.py", "app/shop.py", "tests/test_group.py", "tests/test_shop.py", "tests/test_wrong.py")

Report = Callable[..., bytes]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Run pytest in a project and return its report."""
    root = tmp_path_factory.mktemp("project")
    for path, text in (("app/__init__.py", ""), ("app/shop.py", SHOP), ("tests/test_shop.py", TESTS)):
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    (root / "tests" / "test_group.py").write_text(GROUP)
    (root / "tests" / "test_wrong.py").write_text("import nowhere_to_be_found\n")
    known: dict[tuple[str, ...], bytes] = {}

    def run(*arguments: str, tests: str = "tests/test_shop.py", folder: str = ".") -> bytes:
        command = ("-p", "no:cacheprovider", *arguments, "-o", "junit_logging=all", tests)
        if command not in known:
            env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
            env |= {"PYTHONPATH": str(root), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
            where = f"--junit-xml={root / 'report.xml'}"
            done = subprocess.run(
                [sys.executable, "-m", "pytest", where, *command], cwd=root / folder, env=env, capture_output=True
            )
            assert done.returncode in (1, 2), done.stdout.decode()
            known[command] = (root / "report.xml").read_bytes().replace(os.fsencode(root), b"/elsewhere/project")
        return known[command]

    return run


def observations(document: bytes, test: str, root: str = "/elsewhere/project") -> list[Observation]:
    found = read_junit(document, Places(root, PATHS)).observations
    return [one for one in found if one.test.endswith(test)]


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_reads_type_message_and_frames_in_every_style(report: Report, style: str) -> None:
    called = Frame("tests/test_shop.py", 11, "test_plain", text="asyncio.run(shop.buy(Till()))")
    assert observations(report(f"--tb={style}"), "test_plain[1.5]") == [
        Observation(
            "tests/test_shop.py::TestBuy::test_plain[1.5]", Phase.CALL, "TypeError", NOT_AWAITABLE, (called, IN_BUY)
        )
    ]


@pytest.mark.parametrize("style", ["line", "no"])
def test_reads_at_least_type_and_message_where_nothing_else_is_shown(report: Report, style: str) -> None:
    (found,) = observations(report(f"--tb={style}"), "test_plain[1.5]")
    assert (found.type, found.message, found.origin) == ("TypeError", NOT_AWAITABLE, Origin.RAISED)


@pytest.mark.parametrize("style", ["auto", "long", "short", "native"])
def test_reads_what_an_exception_was_raised_from(report: Report, style: str) -> None:
    raised, cause = observations(report(f"--tb={style}"), "test_chained")
    assert (raised.type, raised.message, raised.origin) == ("RuntimeError", "no luck:\n  none", Origin.RAISED)
    assert [(frame.path, frame.line, frame.function) for frame in raised.frames] == [
        ("tests/test_shop.py", 14, "test_chained"),
        ("app/shop.py", 12, "try_to_buy"),
    ]
    assert (cause.type, cause.message, cause.origin) == ("TypeError", NOT_AWAITABLE, Origin.CAUSE)
    assert cause.frames == (Frame("app/shop.py", 10, "try_to_buy", text="return await buy(till)"), IN_BUY)


@pytest.mark.parametrize("style", ["auto", "short", "native"])
def test_reads_what_was_raised_before(report: Report, style: str) -> None:
    found = observations(report(f"--tb={style}"), "test_context")
    assert [(one.type, one.message, one.origin) for one in found] == [
        ("LookupError", "second", Origin.RAISED),
        ("KeyError", "'first'", Origin.CONTEXT),
    ]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups came with Python 3.11")
@pytest.mark.parametrize("style", ["auto", "short", "native"])
def test_reads_the_members_of_a_group(report: Report, style: str) -> None:
    found = observations(report(f"--tb={style}", tests="tests/test_group.py"), "test_group")
    assert [(one.type, one.message, one.origin) for one in found] == [
        ("ExceptionGroup", "many (2 sub-exceptions)", Origin.RAISED),
        ("TypeError", NOT_AWAITABLE, Origin.MEMBER),
        ("ValueError", "one\nmore", Origin.MEMBER),
    ]
    assert found[1].frames[-1] == IN_BUY


@pytest.mark.parametrize("style", ["auto", "short", "native"])
def test_takes_a_failed_assertion_as_it_is(report: Report, style: str) -> None:
    (found,) = observations(report(f"--tb={style}"), "test_compares")
    assert found.type == "AssertionError"
    assert found.message.startswith("assert [1] == [2]")
    assert [frame.line for frame in found.frames] == [23]


@pytest.mark.parametrize(
    ("test", "phase", "message"),
    [("test_fixture", Phase.SETUP, 'bad: "fixture"'), ("test_teardown", Phase.TEARDOWN, "left over")],
)
@pytest.mark.parametrize("style", ["auto", "native", "no"])
def test_says_in_which_phase_it_was(report: Report, style: str, test: str, phase: Phase, message: str) -> None:
    (found,) = observations(report(f"--tb={style}"), test)
    assert (found.phase, found.type, found.message) == (phase, "ValueError", message)


def test_reads_why_a_file_can_not_be_collected(report: Report) -> None:
    (found,) = observations(report(tests="tests/test_wrong.py"), "test_wrong.py")
    assert found == Observation(
        "tests/test_wrong.py",
        Phase.COLLECT,
        "ModuleNotFoundError",
        "No module named 'nowhere_to_be_found'",
        (Frame("tests/test_wrong.py", 1, "<module>", text="import nowhere_to_be_found"),),
    )


def test_finds_errors_in_what_was_logged(report: Report) -> None:
    raised, logged = observations(report(), "test_logged")
    assert raised.type == "AssertionError"
    assert (logged.type, logged.origin) == ("", Origin.OUTPUT)
    assert logged.message.endswith(f"failed: {NOT_AWAITABLE}")
    assert logged.frames == (Frame("app/shop.py", 18),)


def test_finds_tracebacks_in_what_was_logged(report: Report) -> None:
    raised, logged, sentence = observations(report(), "test_logged_in_detail")
    assert raised.type == "AssertionError"
    assert (logged.type, logged.message, logged.origin) == ("TypeError", NOT_AWAITABLE, Origin.OUTPUT)
    assert logged.frames == (Frame("app/shop.py", 22, "ask_in_detail", text="return await buy(till)"), IN_BUY)
    assert sentence.message.endswith("failed")


def test_finds_answers_in_what_was_printed(report: Report) -> None:
    _, printed = observations(report(), "test_answered")
    assert (printed.message, printed.origin) == ('{"detail": "no luck"}', Origin.OUTPUT)


def test_says_nothing_of_tests_that_pass(report: Report) -> None:
    assert observations(report(), "test_fine") == []


@pytest.mark.parametrize("root", ["/elsewhere/project", "/another/checkout"])
@pytest.mark.parametrize("family", ["xunit1", "xunit2", "legacy"])
def test_knows_files_and_tests_of_any_checkout(report: Report, family: str, root: str) -> None:
    document = report("--tb=native", "-o", f"junit_family={family}")
    (found,) = observations(document, "test_plain[1.5]", root)
    assert found.test == "tests/test_shop.py::TestBuy::test_plain[1.5]"
    assert [frame.path for frame in found.frames] == ["tests/test_shop.py", "app/shop.py"]


def test_knows_files_of_a_run_in_a_folder_of_the_repository(report: Report) -> None:
    places = Places("/nowhere", ("backend/app/shop.py", "backend/tests/test_shop.py", "other/shop.py"))
    found = next(one for one in read_junit(report(), places).observations if one.test.endswith("test_plain[1.5]"))
    assert found.test == "backend/tests/test_shop.py::TestBuy::test_plain[1.5]"
    assert [frame.path for frame in found.frames] == ["backend/tests/test_shop.py", "backend/app/shop.py"]


def test_gathers_the_coroutines_that_nobody_awaited() -> None:
    document = (
        b'<testsuite><testcase classname="tests.test_shop" name="test_it"><failure message="KeyError: 1"/>'
        b"<system-err>app/shop.py:3: RuntimeWarning: coroutine 'pay' was never awaited\n  till.pay()</system-err>"
        b"</testcase></testsuite>"
    )
    found, warned = observations(document, "test_it")
    assert (found.type, found.message) == ("KeyError", "1")
    assert found.warnings == ("coroutine 'pay' was never awaited",)
    assert (warned.type, warned.message) == ("RuntimeWarning", "coroutine 'pay' was never awaited")
    assert warned.frames == (Frame("app/shop.py", 3),)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("app/shop.py", "app/shop.py"),
        ("./app/shop.py", "app/shop.py"),
        ("app\\shop.py", "app/shop.py"),
        ("/work/project/app/shop.py", "app/shop.py"),
        ("C:\\work\\project\\app\\shop.py", "app/shop.py"),
        ("/root/shop/app/shop.py", "app/shop.py"),
        ("/usr/lib/python3.11/app/shop.py", None),
        ("/root/.venv/lib/site-packages/app/shop.py", None),
        ("/work/project/gone.py", None),
        ("<string>", None),
        ("shop.py", None),  # two of that name
        ("test_shop.py", "tests/test_shop.py"),
    ],
)
def test_finds_the_file_that_a_path_means(written: str, found: str | None) -> None:
    places = Places("/work/project", ("app/shop.py", "other/shop.py", "tests/test_shop.py"))
    assert places.find(written) == found


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"<testsuite", "not well-formed XML: unclosed token: line 1, column 0"),
        (b"<html/>", "no JUnit report: its root is <html>"),
        (b'<testsuites name="greenmod"/>', "greenmod's own JUnit XML, which shows no tracebacks"),
    ],
)
def test_refuses_other_documents(document: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_junit(document, Places("/", ()))
