"""What is measured on: a git work tree of whole source distributions, and clones of a checkout.

Everything made here lies in the work folder; a checkout or tree that is given is never written to.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_IDENTITY = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")


@dataclass(frozen=True)
class Repository:
    """A git work tree."""

    root: Path

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every tracked file."""
        return tuple(self.git("ls-files", "-z").split("\0")[:-1])

    @property
    def python_files(self) -> tuple[str, ...]:
        return tuple(path for path in self.files if path.endswith(".py"))

    @property
    def lines(self) -> int:
        """How many lines the Python files have."""
        return sum((self.root / path).read_bytes().count(b"\n") for path in self.python_files)

    @property
    def counts(self) -> str:
        """How large it is, in words."""
        return f"{len(self.files):,} files, {len(self.python_files):,} of them Python with {self.lines:,} lines"

    @property
    def commit(self) -> str:
        return self.git("rev-parse", "--short", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *_IDENTITY, *arguments], cwd=self.root, check=True, capture_output=True)
        return done.stdout.decode(errors="surrogateescape")

    def settle(self) -> None:
        """Make git's index younger than the files: git reads a file of its own age again at every start."""
        time.sleep(1.1)
        self.git("read-tree", "HEAD")
        self.git("update-index", "--refresh")

    def restore(self) -> None:
        """Take back what a tool did to tracked files."""
        self.git("checkout", "--quiet", "--", ".")

    def changed(self) -> dict[str, bytes]:
        """Return the tracked files that a tool changed, as they are now."""
        paths = self.git("diff", "--name-only", "-z").split("\0")[:-1]
        return {path: (self.root / path).read_bytes() for path in paths}


def clone(checkout: Path, folder: Path, configuration: str = "") -> Repository:
    """Clone `checkout` anew, with `configuration` committed at the end of its `pyproject.toml`."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", str(checkout), str(folder)], check=True)
    made = Repository(folder)
    if configuration:
        with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(configuration)
        made.git("commit", "--quiet", "--all", "--message", "Configure greenmod")
    made.settle()
    return made


def grow_tree(packages: Sequence[str], folder: Path) -> Repository:
    """Return a work tree with all files of the source distributions of `packages`, made where it is not there yet."""
    tree = Repository(folder)
    stamp = "\n".join(packages)
    if folder.is_dir() and tree.git("log", "-1", "--format=%B").strip() == stamp:
        return tree
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for archive in download(packages, folder.with_name("archives")):
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
    tree.git("init", "--quiet")
    tree.git("add", "--all", "--force")  # the distributions' own .gitignore files don't decide
    tree.git("commit", "--quiet", "--message", stamp)
    tree.settle()
    return tree


def download(packages: Iterable[str], folder: Path) -> list[Path]:
    """Fetch source distributions from the index that pip is configured for, without running their build.

    `pip download` would install and start each project's build backend to ask it for metadata, so pip's finder and
    session are used directly. They are not a public API: pip 23 to 26 have them.
    """
    from pip._internal.commands import create_command
    from pip._internal.network.utils import response_chunks

    logging.getLogger("pip").setLevel(logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    command = create_command("download")
    archives = []
    with command.main_context():
        options, _ = command.parse_args(["--no-binary", ":all:"])
        session = command.get_default_session(options)  # type: ignore[attr-defined]  # of the command's base
        finder = command._build_package_finder(options, session)  # type: ignore[attr-defined]
        for package in packages:
            name, _, version = package.partition("==")
            found = next(each for each in finder.find_all_candidates(name) if str(each.version) == version)
            archive = folder / found.link.filename
            if not archive.is_file():
                with session.get(found.link.url_without_fragment, stream=True) as response:
                    response.raise_for_status()
                    archive.write_bytes(b"".join(response_chunks(response)))
            archives.append(archive)
    return archives
