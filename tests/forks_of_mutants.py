"""A pytest plugin of `make mutants`: tests are collected once, and a mutant is a fork of that.

In its fork the stories that call the changed function look first, the quickest before the others,
then the properties and the replay; the first that fails ends it. A test that takes far more of the
processor than without a mutant ends it too, however busy the machine is. What runs while a module
is imported is the same in every fork, so its functions are only named, for a process of their own.
"""

import gc
import json
import os
import resource
import signal
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest
from mutmut.mutation import trampoline

ASKED: Final = Path("mutants-asked.json")  # names and jobs; beside mutmut's own files
FOUND: Final = Path("mutants-found.json")  # how each ended; and what ran at the import
STATISTICS: Final = Path("mutmut-stats.json")
SLOWER_MAX: Final = 10  # than without a mutant, plus SECONDS_MORE
SECONDS_MORE: Final = 3
SECONDS_UNTIMED: Final = 60  # of a test that mutmut did not time
BYTES_MAX: Final = 4 << 30
NONE: Final = ""  # no mutant at all
KILLED, SURVIVED, TIMED_OUT = "killed", "survived", "timed out"

ORIGINAL: Final = "_mutmut_orig"  # the function as it is, among its mutants
Variants = dict[str, Callable[..., Any]]


class Switch:
    """One function of the core, and which of its variants is called."""

    def __init__(self, module: str, variants: Variants) -> None:
        self.module, self.variants = module, variants
        self.chosen: Callable[..., Any] | None = None  # it was not called yet

    def call(self, *args: Any, **named: Any) -> Any:
        if self.chosen is None:
            self.chosen = self.variants[ORIGINAL]
        return self.chosen(*args, **named)


_switches: list[Switch] = []
_failures: list[str] = []  # of this fork


def switched(variants: Variants, is_classmethod: bool = False) -> Callable[..., Any]:
    """Instead of mutmut's wrapper, which looks for its mutant's name at every call."""
    assert not is_classmethod, "the core has none"

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        switch = Switch(function.__module__, variants)
        _switches.append(switch)

        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            chosen = switch.chosen
            return switch.call(*args, **named) if chosen is None else chosen(*args, **named)

        return call

    return decorate


trampoline.wrap_in_trampoline = switched  # before anything of the core is imported


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of running the tests once, run those that may kill it for each mutant."""
    if session.testsfailed:
        raise session.Interrupted("the tests could not be collected")
    imported = [_name_of(switch) for switch in _switches if switch.chosen is not None]
    asked = json.loads(ASKED.read_text(encoding="utf-8"))
    statistics = json.loads(STATISTICS.read_text(encoding="utf-8"))
    callers, took = statistics["tests_by_mangled_function_name"], statistics["duration_by_test"]
    items = sorted(session.items, key=lambda item: took.get(item.nodeid, float("inf")))
    found: dict[str, str] = {}
    running: dict[int, str] = {}
    gc.freeze()  # or the first look for garbage in each fork copies all of it
    _await_one({_fork(NONE, items, took): NONE}, found)
    if found.pop(NONE) != SURVIVED:
        raise session.Interrupted("the tests fail without a mutant, or take far too long")
    for name in asked["names"]:
        if len(running) >= asked["jobs"]:
            _await_one(running, found)
        if _switch_of(name) is None:
            found[name] = SURVIVED  # no test imports it
            continue
        calling = {*callers.get(name.rpartition("__mutmut_")[0], ())}
        looks = [i for i in items if i.nodeid in calling or i.nodeid not in took]
        running[_fork(name, looks, took)] = name
    while running:
        _await_one(running, found)
    FOUND.write_text(json.dumps({"found": found, "imported": imported}), encoding="utf-8")
    return True


def _name_of(switch: Switch) -> str:
    mutant = next((name for name in switch.variants if name != ORIGINAL), "")
    return f"{switch.module}.{mutant.rpartition('__mutmut_')[0]}"


def _switch_of(name: str) -> Switch | None:
    module, _, mutant = name.rpartition(".")
    its = (s for s in _switches if s.module == module and mutant in s.variants)
    return next(its, None)


def _fork(name: str, items: list[pytest.Item], took: dict[str, float]) -> int:
    switch = _switch_of(name)
    pid = os.fork()
    if pid:
        return pid
    code, told = 1, os.dup(1)
    try:
        if switch is not None:
            switch.chosen = switch.variants[name.rpartition(".")[2]]
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        resource.setrlimit(resource.RLIMIT_AS, (BYTES_MAX, BYTES_MAX))
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        code = int(any(_fails(item, took.get(item.nodeid)) for item in items))
        if name == NONE and _failures:
            os.write(told, f"mutants: {_failures[0]} fails without one\n".encode())
    finally:
        os._exit(code)


def _fails(item: pytest.Item, took_s: float | None) -> bool:
    limit_s = SECONDS_UNTIMED if took_s is None else SECONDS_MORE + SLOWER_MAX * took_s
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return bool(_failures)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what fails in this fork."""
    if report.failed:
        _failures.append(report.nodeid)


def _await_one(running: dict[int, str], found: dict[str, str]) -> None:
    pid, status = os.wait()
    name = running.pop(pid)
    if os.WIFSIGNALED(status):
        found[name] = TIMED_OUT
    else:
        found[name] = KILLED if os.WEXITSTATUS(status) else SURVIVED
    if found[name] == SURVIVED and name != NONE:
        print(f"mutants: {name} survives", flush=True)
    if len(found) % 100 == 0:
        print(f"mutants: {len(found)} looked at", flush=True)
