"""Event loops of ``async`` tasks: kept for a thread's next task, closed without a sound."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS_THAT_END = """
import gc, threading
from fairlead.sdk.coroutines import run_coroutine

async def answer():
    return 42

def work():
    assert [run_coroutine(answer(), None) for _ in range(3)] == [42, 42, 42]

for _ in range(5):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
gc.collect()
work()
"""

THREADS_THAT_STAY = """
import threading
from fairlead.sdk.coroutines import run_coroutine

async def answer():
    return 42

def work(ready):
    run_coroutine(answer(), None)
    ready.set()
    threading.Event().wait()

for _ in range(3):
    ready = threading.Event()
    threading.Thread(target=work, args=[ready], daemon=True).start()
    ready.wait()
"""


@pytest.mark.parametrize("program", [THREADS_THAT_END, THREADS_THAT_STAY], ids=["end", "stay"])
def test_loops_are_closed_in_order(program: str) -> None:
    command = [sys.executable, "-X", "dev", "-c", program]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
