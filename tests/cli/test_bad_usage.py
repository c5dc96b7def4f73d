"""Wrong arguments and configuration: exit code 2, what is wrong, where, and what was probably meant."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Greenmod = Callable[..., subprocess.CompletedProcess[str]]

OWN = 'codemods = ["codemods"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.greenmod\n", "Expected ']' at the end of a table declaration (at line 1, column 15)"),
        ("[tool.greenmod]\nselect = [\n", "(at "),
        (
            '[tool.greenmod]\nselekt = ["x"]\n',
            '[tool.greenmod] has no setting "selekt". Did you mean "select"?\nKnown:',
        ),
        ('[tool.greenmod]\nselect = "x"\n', "[tool.greenmod] select must be a list of strings, not 'x'"),
        ("[tool.greenmod]\nexclude = [1]\n", "[tool.greenmod] exclude must be a list of strings, not [1]"),
        ("[tool.greenmod]\nfixtures = []\n", "[tool.greenmod] fixtures must be a string, not []"),
        ("[tool]\ngreenmod = 3\n", "[tool.greenmod] must be a table"),
        ("tool = 'greenmod'\n", "[tool.greenmod] must be a table"),
        ('[tool.greenmod]\ncodemods = ["nowhere"]\n', "codemods: nowhere: no such file or folder"),
        (
            f'[tool.greenmod]\n{OWN}select = ["rename-itt"]\n',
            '[tool.greenmod] select: there is no codemod "rename-itt". Did you mean "rename-it"?\n'
            "`greenmod list` names all of them.",
        ),
        (f'[tool.greenmod]\n{OWN}ignore = ["rename"]\n', '[tool.greenmod] ignore: there is no codemod "rename".'),
        (
            f"[tool.greenmod]\n{OWN}[tool.greenmod.renameit]\n",
            '[tool.greenmod.renameit]: there is no codemod "renameit". Did you mean "rename-it"?',
        ),
        (
            f"[tool.greenmod]\n{OWN}[tool.greenmod.rename-it]\nstyle = 1\n",
            '[tool.greenmod.rename-it]: rename-it has no option "style".\nIts options: none.',
        ),
        ("\udcff greenmod", "'utf-8' codec can't decode byte 0xff in position 0"),
    ],
)
def test_names_what_is_wrong_in_the_configuration(project: Path, greenmod: Greenmod, text: str, message: str) -> None:
    file = project / "pyproject.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    (project / "a.py").write_text("old_name = 1\n")

    done = greenmod("run", "--write")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"greenmod: {file}: ")
    assert message in done.stderr
    assert (project / "a.py").read_text() == "old_name = 1\n"


def test_a_configuration_that_is_not_readable_is_named(
    project: Path, greenmod: Greenmod, mortal: tuple[str, ...]
) -> None:
    (project / "pyproject.toml").chmod(0)

    done = greenmod("list", under=mortal)

    assert done.returncode == 2
    assert done.stderr.endswith("pyproject.toml: can't be read: Permission denied\nCheck its permissions.\n")


OPTIONS = """\
from greenmod.api import Codemod, Option

class Optional(Codemod):
    name = "opt-it"
    options = (
        Option("size", 1, "a number"),
        Option("loud", False, "a truth"),
        Option("style", "minimal", "a choice", ("minimal", "modern")),
    )
"""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--select", "rename-itt"), '--select: there is no codemod "rename-itt". Did you mean "rename-it"?\n'),
        (("run", "--ignore", "zzz"), '--ignore: there is no codemod "zzz".\n`greenmod list` names all of them.'),
        (("explain", "orm-mode"), 'there is no codemod "orm-mode". Did you mean "orm-mode-to-from-attributes"?'),
        (("test", "rename"), 'there is no codemod "rename". Did you mean "rename-it"?'),
        (("run", "--option", "size=1"), "--option size=1: expected CODEMOD.NAME=VALUE"),
        (("run", "--option", "opt-it.size"), "--option opt-it.size: expected CODEMOD.NAME=VALUE"),
        (("run", "--option", "opt.size=1"), 'there is no codemod "opt". Did you mean "opt-it"?'),
        (
            ("run", "--option", "opt-it.sise=1"),
            'opt-it has no option "sise". Did you mean "size"?\nIts options: size, loud, style.',
        ),
        (("run", "--select", "opt-it", "--option", "opt-it.size=x"), "expected int, not 'x'"),
        (("run", "--select", "opt-it", "--option", "opt-it.loud=maybe"), "expected bool, not 'maybe'"),
        (
            ("run", "--select", "opt-it", "--option", "opt-it.style=modem"),
            "'modem' is not one of minimal, modern. Did you mean \"modern\"?",
        ),
        (("run", "--select", "nowhere:Swap"), "--select nowhere:Swap: ModuleNotFoundError: No module named 'nowhere'"),
        (("run", "--select", "json:Swap"), "--select json:Swap: AttributeError: module 'json' has no attribute 'Swap'"),
        (("run", "--select", "json:dumps"), "--select json:dumps: dumps is not a class"),
        (("run", "--select", ":"), "--select :: ValueError: Empty module name\nGive package.module:ClassName"),
        (("new", "BadName"), "\"BadName\" can't be a codemod's name\nUse words in lower case joined by dashes"),
        (("run", "--", "-x"), "`-- -x` is for pytest, which runs only with --verify\nAdd --verify, or leave it out."),
        (("run", "--python", "python9"), "python9: no such interpreter"),
    ],
)
def test_names_what_is_wrong_in_the_arguments(
    project: Path, greenmod: Greenmod, arguments: tuple[str, ...], message: str
) -> None:
    (project / "codemods" / "options.py").write_text(OPTIONS)

    done = greenmod(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("greenmod: ")
    assert message in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--no-such-option"),
        ("run", "--format", "yaml"),
        ("run", "--jobs", "0"),
        ("run", "--jobs", "many"),
        ("hook",),
        ("explain",),
        ("no-such-command",),
    ],
)
def test_shows_the_usage_when_arguments_make_no_sense(greenmod: Greenmod, arguments: tuple[str, ...]) -> None:
    done = greenmod(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: greenmod" in done.stderr
    assert "-h" in done.stderr
