"""What every test shares: greenmod's cache and journal never leave the test's own folders."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.mktemp("greenmod")
    monkeypatch.setenv("GREENMOD_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setenv("GREENMOD_STATE_DIR", str(folder / "state"))
