"""greenmod's pytest plugin: streams what each test did, one line of JSON at a time, so that a crash loses nothing.

It runs in the project's interpreter, where greenmod is not installed: Python 3.8, pytest 6 and the standard library
must do. `greenmod.verify.transcript` reads what it writes.
"""

from __future__ import annotations

import gc
import json
import os
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from greenmod_cold import Cold
from greenmod_coroutines import Coroutines
from greenmod_evidence import Evidence
from greenmod_failures import Failures
from greenmod_loads import Loads
from greenmod_origins import Origins
from greenmod_sites import follow
from greenmod_warm import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_MESSAGE = 600
_MOST_LINES = 6
# The options by which pytest stops at the first failure, whatever `--maxfail` says, or waits at it.
_EARLY_ENDS = frozenset({"stepwise", "stepwise_skip", "usepdb", "trace"})


class Order:
    """What greenmod asks of a run; see `runner.py` for the file that it comes from."""

    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            asked = json.load(file)
        self.results: str = asked["results"]
        self.root: str = asked["root"]
        self.tree: str = asked["tree"]
        self.changed: list[str] = asked["changed"]
        self.only: list[str] | None = asked["only"]
        self.is_parallel: bool = asked["is_parallel"]
        self.output: str = asked.get("output", os.devnull)
        self.modules: list[str] = asked.get("modules", [])
        self.explains: bool = asked.get("explains", False)
        self.traces: bool = asked.get("traces", False)
        self.is_cold: bool = asked.get("is_cold", False)
        self.sites: dict[str, list[list[int]]] = asked.get("sites", {})


@lru_cache(maxsize=1)
def order() -> Order:
    # A pytest that the tests start themselves inherits the variable, but not this plugin.
    return Order(os.environ["GREENMOD_ORDER"])


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Be first, before the project's own code is imported."""
    channel = os.environ.pop("GREENMOD_WARM", "")
    if channel:
        serve(channel, order().tree, order().output, order().modules)
        order.cache_clear()  # the fork has an order of its own
    log = Log(order().results)
    if order().sites:
        follow(early_config, log, order().tree, order().sites)
    if order().traces:
        loads = Loads(log, order().tree)
        loads.follow()
        early_config.pluginmanager.register(loads, "greenmod-loads")  # runs no tests where xdist's workers do
    options = early_config.known_args_namespace
    if hasattr(options, "cov_source"):
        options.cov_source = None  # nobody reads what is measured, and a minimum would fail the run
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Have equal runs go equally, whatever `addopts` says: no other order, and one process unless it was asked for.

    They go to their end, and nobody is there to debug them, nor to read tracebacks: with their source, each of them
    may take pytest most of a second.
    """
    option = config.option
    option.tbstyle, option.fulltrace = "line", False
    for name in _EARLY_ENDS.intersection(vars(option)):
        setattr(option, name, False)
    if hasattr(option, "randomly_reorganize"):
        option.randomly_reorganize = False
        if option.randomly_seed in ("default", "last"):
            option.randomly_seed = 0
    if hasattr(option, "random_order_bucket"):  # pytest-random-order's
        option.random_order_bucket = "none"
    if hasattr(option, "numprocesses") and not order().is_parallel:
        option.numprocesses, option.dist, option.distload, option.tx = None, "no", False, []


def pytest_configure(config: pytest.Config) -> None:
    log = Log(order().results)
    config.pluginmanager.register(Guard(log, order()), "greenmod-guard")
    failures = Failures(log, order().tree) if order().explains else None
    if failures is not None:
        config.pluginmanager.register(failures, "greenmod-failures")
    config.pluginmanager.register(Evidence(log, failures), "greenmod-evidence")  # nor does this
    if order().is_cold:
        config.pluginmanager.register(Cold(log), "greenmod-cold")
    config.pluginmanager.register(Coroutines(log.say, order().tree), "greenmod-coroutines")  # nor does this
    if not hasattr(config, "workerinput"):  # xdist's workers report through the process that started them
        log.say("rootdir", folder=_folder_of_ids(config))
        config.pluginmanager.register(Recorder(log), "greenmod-recorder")


class Log:
    """The file of results. Each line is one write to its end, so that processes don't cut into each other's."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def say(self, event: str, **values: object) -> None:
        """Write what JSON can hold."""
        values["event"] = event
        os.write(self._file, json.dumps(values).encode() + b"\n")


class Recorder:
    """Says what became of each test."""

    def __init__(self, log: Log) -> None:
        self._say = log.say

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._say("begin", id=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        xfail = "yes" if hasattr(report, "wasxfail") else "no"
        message = getattr(report, "wasxfail", "") or _message(report)
        self._say(
            "phase",
            id=report.nodeid,
            when=report.when,
            outcome=report.outcome,
            xfail=xfail,
            message=message,
            seconds=round(report.duration, 4),
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._say("collect", id=report.nodeid, outcome=report.outcome, message=_message(report))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._say("finish", status=int(exitstatus))


class Guard:
    """Runs only what was asked for, and from the sandbox only."""

    def __init__(self, log: Log, order: Order) -> None:
        self._say = log.say
        self._order = order
        self._origins = Origins(order.root, order.tree, order.changed)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> None:
        """Collect no file in vain. Conftests and settings are those of the whole run: they have been found by now."""
        if self._order.only is None:
            return
        root = _rootdir(session.config)
        files = dict.fromkeys(os.path.join(root, test.split("::")[0]) for test in self._order.only)
        found = [file for file in files if os.path.isfile(file)]
        if found:
            session.config.args[:] = found

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self._order.only is None:
            return
        wanted = set(self._order.only)
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
        items[:] = [item for item in items if item.nodeid in wanted]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._report_foreign():
            # The tests would run, and perhaps write, in the original tree.
            pytest.exit("greenmod: modules come from outside of the sandbox")
        # What is there now stays: the collector needs not look at it again, which makes up for what the plugin costs.
        gc.freeze()
        if not hasattr(session.config, "workerinput"):
            self._say("collected", ids=[item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._say("collected", ids=list(ids))

    def pytest_sessionfinish(self) -> None:
        self._report_foreign()
        if self._order.only is None:
            self._say("modules", names=list(self._origins.libraries()))

    def _report_foreign(self) -> bool:
        foreign = list(self._origins.foreign())
        for name, file, original in foreign:
            self._say("foreign", module=name, file=file, original=original)
        return bool(foreign)


def _rootdir(config: pytest.Config) -> str:
    return str(config.rootdir)  # type: ignore[attr-defined] # `rootpath` is newer than pytest 6.0


def _folder_of_ids(config: pytest.Config) -> str:
    """Return the folder of the tree that the files in pytest's ids are relative to."""
    folder = os.path.relpath(os.path.realpath(_rootdir(config)), os.path.realpath(order().tree))
    return folder.replace(os.sep, "/")


def _message(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return in a few lines why a report is not a pass."""
    told = report.longrepr
    crash = getattr(told, "reprcrash", None)
    if told is None:
        return ""
    if crash is not None:
        lines = str(crash.message).splitlines()
    elif isinstance(told, tuple):
        lines = str(told[2]).splitlines()
    else:
        whole = [line for line in str(told).splitlines() if line.strip()]
        lines = [line[1:].strip() for line in whole if line.startswith("E ")] or whole[-1:]
    return "\n".join(lines[:_MOST_LINES])[:_LONGEST_MESSAGE]
