"""A zygote that was forked from its driver before the pool was made."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from pool_bench import PATIENCE

HERE = os.path.dirname(__file__)

DRIVER = textwrap.dedent("""
    import json, os, signal, sys, time
    sys.path.append(sys.argv[1])
    from fairlead.runner.early import EarlyZygote
    early = EarlyZygote("pool_tasks", "no_such_module")
    first = early.process.pid

    from pool_bench import PATIENCE, Bench, Recorder, parent_of
    from fairlead.runner.pool import WorkerPool
    events = Recorder()
    pool = WorkerPool(1, events, executor="pool_tasks:run", files_root=os.devnull, early=early)
    bench = Bench(pool, events)
    told = {"forked": parent_of(bench.value("pid")) == first, "echo": bench.value("echo", 7)}
    if sys.argv[2] == "kill":
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + PATIENCE
        while pool.zygote in (first, None) and time.monotonic() < deadline:
            time.sleep(0.01)
        told["another"] = pool.zygote not in (first, None)
        told["after"] = bench.value("echo", 8)
    if sys.argv[2] == "stay":
        print(first, flush=True)
        signal.pause()
    pool.close(0.0)
    told["ended"] = early.process.wait(30) is not None
    print(json.dumps(told))
""")


def _driver(how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", DRIVER, HERE, how]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _told(how: str) -> dict[str, Any]:
    driver = _driver(how)
    text, _ = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0
    told: dict[str, Any] = json.loads(text)
    return told


def test_workers_are_its_children_and_it_ends_with_the_pool() -> None:
    assert _told("close") == {"forked": True, "echo": 7, "ended": True}


def test_another_takes_its_place_when_it_dies() -> None:
    told = _told("kill")
    assert (told["after"], told["another"]) == (8, True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_does_not_outlive_its_driver(number: int) -> None:
    driver = _driver("stay")
    assert driver.stdout is not None
    zygote = os.pidfd_open(int(driver.stdout.readline()))
    try:
        driver.send_signal(number)
        driver.wait(PATIENCE)
        _await_end(zygote)
    finally:
        os.close(zygote)
        driver.stdout.close()


def _await_end(process: int) -> None:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    assert poll.poll(PATIENCE * 1000)
