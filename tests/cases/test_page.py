"""A codemod's page: its docstring, its options and its proven cases, and nothing else."""

from __future__ import annotations

from pathlib import Path

from greenmod.cases.page import page
from greenmod.description import CodemodSpec, OptionSpec
from greenmod.model import Safety

SPEC = CodemodSpec(
    name="rename-x",
    file="rename_x.py",
    class_name="RenameX",
    doc="Rename `x` to `y`.\n\nWhy: y is nicer.\nLeft alone: what isn't x;\nand the rest.\n",
    source="https://example.org/y",
    safety=Safety.UNSAFE,
    options=(
        OptionSpec("style", "minimal", "how far to go", ("minimal", "modern")),
        OptionSpec("deep", True, "or not"),
    ),
)


def write(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    return folder


def test_shows_docstring_options_and_cases(tmp_path: Path) -> None:
    fixtures = write(
        tmp_path,
        {
            "rename-x/in_two_places/before.py": "x\r\nz\r\nx\r\n",
            "rename-x/in_two_places/after.py": "y\r\nz\r\ny\r\n",
            "rename-x/unchanged_string_only/before.py": "'x'\n\n\n",
        },
    )
    assert (
        page(SPEC, fixtures)
        == """\
# rename-x

Rename `x` to `y`.

**Why:** y is nicer.

**Left alone:** what isn't x;
and the rest.

Safety: unsafe. Source: <https://example.org/y>.

## Options

In `[tool.greenmod.rename-x]`, or as `--option rename-x.NAME=VALUE`.

- `style` (minimal, modern), by default `minimal`: how far to go
- `deep`, by default `True`: or not

## What it changes

### In two places

```diff
-x
+y
 z
-x
+y
```

## What it leaves alone

### String only

```python
'x'
```
"""
    )


def test_names_the_files_of_a_case_that_has_several(tmp_path: Path) -> None:
    fixtures = write(
        tmp_path, {"rename-x/unchanged_two/before/a.py": "a\n", "rename-x/unchanged_two/before/b.py": "b\n"}
    )
    assert "```python\n# a.py\na\n\n# b.py\nb\n```\n" in page(SPEC, fixtures)


def test_codemod_without_cases_and_options_has_a_page_too(tmp_path: Path) -> None:
    spec = CodemodSpec("do-it", "do_it.py", "DoIt", doc="Do it.")
    assert page(spec, tmp_path) == "# do-it\n\nDo it.\n\nSafety: safe.\n"


def test_shows_the_shortest_cases_in_the_order_of_their_names(tmp_path: Path) -> None:
    files = {f"rename-x/unchanged_case_{number}/before.py": "x" * (100 - number) + "\n" for number in range(10)}
    shown = page(SPEC, write(tmp_path, files))
    assert [line for line in shown.splitlines() if line.startswith("### ")] == [f"### Case {n}" for n in range(4, 10)]


def test_shows_the_cases_that_say_they_are_examples(tmp_path: Path) -> None:
    files = {
        "rename-x/small/before.py": "x\n",
        "rename-x/small/after.py": "y\n",
        "rename-x/telling/before.py": "print(x)\n",
        "rename-x/telling/after.py": "print(y)\n",
        "rename-x/telling/case.toml": "[page]\nexample = true\n",
    }

    shown = page(SPEC, write(tmp_path, files))

    assert "### Telling\n" in shown
    assert "### Small\n" not in shown


def test_names_the_files_of_a_difference_in_several(tmp_path: Path) -> None:
    files = {
        "rename-x/both/before/a.py": "x\n",
        "rename-x/both/before/b.py": "z\n",
        "rename-x/both/after/a.py": "y\n",
        "rename-x/both/after/b.py": "z\n",
        "rename-x/both/after/c.py": "new\n",
    }

    assert "```diff\n# a.py\n-x\n+y\n\n# c.py\n+new\n```\n" in page(SPEC, write(tmp_path, files))
