"""The copy in which tests run: what is in it, and that nothing leads out of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from greenmod.errors import VerifyError
from greenmod.verify.sandbox import list_tree, open_sandbox

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")


def write(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = write(tmp_path / "shop", "tracked.py", "gone.py", "untracked.py", "ignored/data.db", "ignored/other.txt")
    (root / ".gitignore").write_text("ignored/\n.env*\n*.pyc\n")
    git(root, "init", "-q")
    git(root, "add", "tracked.py", "gone.py", ".gitignore")
    (root / "gone.py").unlink()
    return root


def test_holds_what_git_would_show(repository: Path) -> None:
    assert list_tree(repository) == (".gitignore", "tracked.py", "untracked.py")


def test_holds_ignored_files_that_are_named(repository: Path) -> None:
    assert list_tree(repository, ["ignored/*.db"]) == (".gitignore", "ignored/data.db", "tracked.py", "untracked.py")


def test_holds_ignored_env_files(repository: Path) -> None:
    write(repository, ".env", "backend/.env.test")
    assert {".env", "backend/.env.test"} <= set(list_tree(repository))


def test_leaves_out_environments_and_caches_in_git(repository: Path) -> None:
    write(repository, "myenv/pyvenv.cfg", "myenv/lib/x.py", "a/__pycache__/x.txt", "node_modules/x.js")
    assert list_tree(repository) == (".gitignore", "tracked.py", "untracked.py")


def test_leaves_out_an_environment_named_like_an_env_file(repository: Path) -> None:
    write(repository, ".env/pyvenv.cfg", ".env/lib/x.py")
    assert list_tree(repository) == (".gitignore", "tracked.py", "untracked.py")


def test_holds_repositories_inside_of_the_repository(repository: Path) -> None:
    inner = write(repository / "vendored", "lib.py", "built/x.o")
    (inner / ".gitignore").write_text("built/\n")
    git(inner, "init", "-q")
    assert {"vendored/.gitignore", "vendored/lib.py"} <= set(list_tree(repository))
    assert "vendored/built/x.o" not in list_tree(repository)


def test_names_the_setting_when_git_refuses_an_entry(repository: Path) -> None:
    with pytest.raises(VerifyError, match=r"can't list the ignored files that the tests need: \.\./elsewhere"):
        list_tree(repository, ["../elsewhere"])


def test_walks_outside_of_git(tmp_path: Path) -> None:
    write(tmp_path, "a.py", ".env", "b/c.txt", ".venv/pyvenv.cfg", ".venv/x.py", "b/__pycache__/c.pyc", ".git")
    (tmp_path / "empty").mkdir()
    assert list_tree(tmp_path) == (".env", "a.py", "b", "b/c.txt", "empty")


def test_copies_bytes_and_modes_and_is_removed_in_the_end(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", "run.sh", "data/blob")
    (root / "run.sh").chmod(0o755)
    with open_sandbox(root) as sandbox:
        assert (sandbox.tree / "data/blob").read_bytes() == b"data/blob"
        assert (sandbox.tree / "run.sh").stat().st_mode == (root / "run.sh").stat().st_mode
        assert not os.path.samefile(sandbox.tree / "run.sh", root / "run.sh")
        assert sandbox.tree.name == "shop"
    assert not sandbox.tree.parent.parent.exists()


def test_is_removed_after_an_error_even_when_folders_are_read_only(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder, "locked/file").joinpath("locked").chmod(0o555)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), open_sandbox(write(tmp_path, "a.py")) as sandbox:
        fail(sandbox.tree)
    assert not sandbox.tree.exists()


@needs_links
def test_keeps_a_link_that_stays_inside(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", "real/a.py")
    (root / "relative.py").symlink_to("real/a.py")
    (root / "absolute").symlink_to(root / "real")
    with open_sandbox(root) as sandbox:
        assert os.readlink(sandbox.tree / "relative.py") == "real/a.py"
        assert os.readlink(sandbox.tree / "absolute") == str(sandbox.tree / "real")


@needs_links
def test_keeps_a_link_that_leads_out(tmp_path: Path) -> None:
    write(tmp_path, "outside/a.py")
    root = write(tmp_path / "shop", "b.py")
    (root / "away.py").symlink_to("../outside/a.py")
    with open_sandbox(root) as sandbox:
        assert (sandbox.tree / "away.py").is_symlink()
        assert (sandbox.tree / "away.py").read_bytes() == b"outside/a.py"


@needs_links
def test_refuses_to_write_through_a_link_that_leads_out(tmp_path: Path) -> None:
    write(tmp_path, "outside/a.py")
    root = write(tmp_path / "shop", "b.py")
    (root / "away").symlink_to("../outside")
    with open_sandbox(root) as sandbox, pytest.raises(VerifyError, match=r"away/a\.py: leads out of the repository"):
        sandbox.show({"away/a.py": b"new"})
    assert (tmp_path / "outside/a.py").read_bytes() == b"outside/a.py"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names there")
def test_leaves_out_what_cannot_be_copied_and_says_so(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path, "a.py") / "pipe")
    with open_sandbox(tmp_path) as sandbox:
        assert sandbox.left_out == ("pipe",)
        assert not (sandbox.tree / "pipe").exists()


def test_shows_files_and_puts_the_original_back(tmp_path: Path) -> None:
    with open_sandbox(write(tmp_path, "a.py", "b.py", "c.py")) as sandbox:
        sandbox.show({"a.py": b"one", "b.py": None, "new/d.py": b"two"})
        assert (sandbox.tree / "a.py").read_bytes() == b"one"
        assert not (sandbox.tree / "b.py").exists()
        assert (sandbox.tree / "new/d.py").read_bytes() == b"two"
        sandbox.show({"c.py": b"three"})
        assert (sandbox.tree / "a.py").read_bytes() == b"a.py"
        assert (sandbox.tree / "b.py").read_bytes() == b"b.py"
        assert not (sandbox.tree / "new/d.py").exists()
        assert (sandbox.tree / "c.py").read_bytes() == b"three"
    assert (tmp_path / "a.py").read_bytes() == b"a.py"


def test_shows_new_content_of_a_read_only_file_under_its_mode(tmp_path: Path) -> None:
    write(tmp_path, "a.py").joinpath("a.py").chmod(0o444)
    with open_sandbox(tmp_path) as sandbox:
        sandbox.show({"a.py": b"new"})
        assert (sandbox.tree / "a.py").read_bytes() == b"new"
        assert (sandbox.tree / "a.py").stat().st_mode & 0o777 == 0o444


def look(tree: Path) -> dict[str, tuple[int, int, bytes | str]]:
    """Return the mode, the time and the content of all that is in a tree."""
    seen: dict[str, tuple[int, int, bytes | str]] = {}
    for place in tree.rglob("*"):
        path = place.relative_to(tree).as_posix()
        status = place.lstat()
        if place.is_symlink():
            seen[path] = (status.st_mode, 0, os.readlink(place))
        elif place.is_dir():
            seen[path] = (status.st_mode, 0, "")
        else:
            seen[path] = (status.st_mode, status.st_mtime_ns, place.read_bytes())
    return seen


def rewrite_under_the_same_time(tree: Path) -> None:
    status = (tree / "a.py").stat()
    (tree / "a.py").write_bytes(b"A.PY")
    os.utime(tree / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))


def replace_file_by_folder(tree: Path) -> None:
    (tree / "a.py").unlink()
    write(tree, "a.py/a.py")


def replace_folder_by_file(tree: Path) -> None:
    shutil.rmtree(tree / "data")
    write(tree, "data")


def lock_folders(tree: Path) -> None:
    write(tree, "new/inner/locked.txt")
    for path in ("new/inner", "new", "data/deep", "data", "."):
        (tree / path).chmod(0)


def replace_the_link(tree: Path) -> None:
    (tree / "link").unlink()
    (tree / "link").symlink_to("a.py")


SPOILT: dict[str, Callable[[Path], object]] = {
    "new file": lambda tree: write(tree, "test.db", "data/test.db"),
    "new folder": lambda tree: write(tree, "out/a/b.txt", "out/c.txt"),
    "new link": lambda tree: (tree / "new").symlink_to("data"),
    "new hard link": lambda tree: os.link(tree / "a.py", tree / "b.py"),
    "changed": lambda tree: (tree / "data/blob").write_bytes(b"another"),
    "same size and time": rewrite_under_the_same_time,
    "deleted file": lambda tree: (tree / "a.py").unlink(),
    "deleted folder": lambda tree: shutil.rmtree(tree / "data"),
    "deleted tree": shutil.rmtree,
    "moved": lambda tree: (tree / "data").rename(tree / "moved"),
    "mode": lambda tree: (tree / "a.py").chmod(0o600),
    "locked": lock_folders,
    "file by folder": replace_file_by_folder,
    "folder by file": replace_folder_by_file,
    "another link": replace_the_link,
}


@needs_links
@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
@pytest.mark.parametrize("files", [{}, {"a.py": b"one", "data/deep/c.txt": None, "out/new.py": b"two"}])
def test_takes_back_what_a_run_did_to_its_tree(
    tmp_path: Path, spoil: Callable[[Path], object], files: dict[str, bytes | None]
) -> None:
    root = write(tmp_path / "shop", "a.py", "data/blob", "data/deep/c.txt")
    (root / "empty").mkdir()
    (root / "link").symlink_to("data/blob")
    with open_sandbox(root) as sandbox:
        before = look(sandbox.tree)
        sandbox.show(files)
        spoil(sandbox.tree)
        sandbox.show({})
        assert look(sandbox.tree) == before
        sandbox.show(files)
        spoil(sandbox.tree)
        sandbox.show({"data/blob": b"three"})
        assert look(sandbox.tree).keys() == before.keys()
        assert (sandbox.tree / "data/blob").read_bytes() == b"three"
    assert (root / "data/blob").read_bytes() == b"data/blob"


def test_leaves_a_tree_alone_that_no_run_has_touched(tmp_path: Path) -> None:
    with open_sandbox(write(tmp_path, "a.py", "b/c.py")) as sandbox:
        before = [(sandbox.tree / path).stat().st_ino for path in ("a.py", "b/c.py")]
        sandbox.show({})
        assert [(sandbox.tree / path).stat().st_ino for path in ("a.py", "b/c.py")] == before


@pytest.mark.parametrize("edit", [lambda path: path.write_bytes(b"edited"), lambda path: path.unlink()])
def test_refuses_to_put_back_what_its_user_has_edited_meanwhile(tmp_path: Path, edit: Callable[[Path], object]) -> None:
    with open_sandbox(write(tmp_path, "a.py", "data/blob")) as sandbox:
        edit(tmp_path / "data/blob")
        sandbox.show({})
        (sandbox.tree / "data/blob").write_bytes(b"another")
        with pytest.raises(VerifyError, match=r"^data/blob: changed while the tests ran"):
            sandbox.show({})


def test_lets_its_user_edit_a_file_that_is_shown(tmp_path: Path) -> None:
    with open_sandbox(write(tmp_path, "a.py")) as sandbox:
        sandbox.show({"a.py": b"one"})
        (tmp_path / "a.py").write_bytes(b"edited")
        (sandbox.tree / "a.py").write_bytes(b"spoilt")
        sandbox.show({})
        assert (sandbox.tree / "a.py").read_bytes() == b"a.py"


def test_knows_the_counterpart_of_paths_in_the_root_only(tmp_path: Path) -> None:
    root = write(tmp_path / "shop", "a.py")
    with open_sandbox(root) as sandbox:
        assert sandbox.counterpart(str(root)) == str(sandbox.tree)
        assert sandbox.counterpart(f"{root / 'a.py'}::test") == f"{sandbox.tree / 'a.py'}::test"
        assert sandbox.counterpart(f"{root}-two/a.py") == f"{root}-two/a.py"
        assert sandbox.counterpart("a.py") == "a.py"


def test_says_so_when_there_is_no_room_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    with pytest.raises(VerifyError, match="the sandbox for the tests can't be written"), open_sandbox(tmp_path):
        pytest.fail("there can't be one")


def test_keeps_the_mode_of_a_file_that_goes_and_comes_back(tmp_path: Path) -> None:
    root = write(tmp_path, "run.sh")
    (root / "run.sh").chmod(0o755)
    with open_sandbox(root) as sandbox:
        sandbox.show({"run.sh": None})
        assert not (sandbox.tree / "run.sh").exists()
        sandbox.show({"run.sh": b"new"})
        assert (sandbox.tree / "run.sh").stat().st_mode == (root / "run.sh").stat().st_mode


def test_keeps_bytecode_of_its_own_files_that_never_change(tmp_path: Path) -> None:
    for name in ("same.py", "changed.py"):
        (tmp_path / name).write_text("")
    with open_sandbox(tmp_path) as sandbox:
        cache = sandbox.tree / "__pycache__"
        cache.mkdir()
        for name in ("same", "changed", "made"):
            (cache / f"{name}.cpython-311.pyc").write_bytes(b"compiled")
        sandbox.adopt_bytecode(["changed.py"])
        sandbox.show({})
        assert [path.name for path in cache.iterdir()] == ["same.cpython-311.pyc"]

        (cache / "same.cpython-311.pyc").write_bytes(b"by a test")
        sandbox.show({})
        assert [path.name for path in cache.iterdir()] == []
        sandbox.show({})
    assert not (tmp_path / "__pycache__").exists()
