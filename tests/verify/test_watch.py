"""Waiting for a module, in a child process, where nothing else watches."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import greenmod.verify

_PLUGIN = Path(greenmod.verify.__file__).parent / "plugin"
HEAD = """\
import importlib, sys
from greenmod_watch import watch
told = []
def tell(module): told.append(module.__name__ + ":" + module.value)
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('watch("shop", tell); assert told == []; import shop, shop', ["shop:done"]),
        ('import shop; watch("shop", tell)', ["shop:done"]),
        ('watch("shop", tell); import shop; del sys.modules["shop"]; import shop', ["shop:done"] * 2),
        ('watch("shop", tell); import shop; importlib.reload(shop)', ["shop:done"] * 2),
        ('watch("shop", tell); watch("shop", tell); import shop', ["shop:done"] * 2),
        ('watch("shop", tell); watch("other", tell); import other, shop', ["other:done", "shop:done"]),
        ('watch("pack.shop", tell); import pack; assert told == []; import pack.shop', ["pack.shop:done"]),
        ('watch("broken", tell)\ntry: import broken\nexcept LookupError: pass', []),
        ('watch("none", tell)\ntry: import none\nexcept ModuleNotFoundError: pass', []),
        ('sys.modules["shop"] = None; watch("shop", tell)\ntry: import shop\nexcept ModuleNotFoundError: pass', []),
        ('sys.path.insert(0, "lib.zip"); watch("one", tell); import two, one, three', ["one:done"]),
        ('import shop; before = shop.__loader__; watch("other", tell); import other\n'
         'assert type(before) is type(other.__loader__) and other.__spec__.loader is other.__loader__', ["other:done"]),
    ],
)  # fmt: skip
def test_calls_back_once_a_module_was_executed(tmp_path: Path, code: str, told: list[str]) -> None:
    text = 'value = "begun"\nvalue = "done"\n'
    for name in ("shop.py", "other.py", "pack/shop.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "pack" / "__init__.py").write_text("")
    (tmp_path / "broken.py").write_text('value = "begun"\nraise LookupError\n')
    with ZipFile(tmp_path / "lib.zip", "w") as archive:
        for name in ("one.py", "two.py", "three.py"):
            archive.writestr(name, text)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(_PLUGIN), str(tmp_path)))}
    command = (sys.executable, "-c", f"{HEAD}{code}\nprint(*told)")
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (told, "")
