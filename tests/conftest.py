"""What holds for all tests: a store of their own, none of the caller's settings, no deadlines.

Ctrl-C works for the programs that tests start, whoever started the tests.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

pytest_plugins = ["tests.cluster.fixtures"]

# A slow machine is no failure, and no example is remembered from one run to the next:
# a failing one is printed in a form that can be pasted.
hypothesis.settings.register_profile("fairlead", deadline=None, database=None, print_blob=True)
hypothesis.settings.load_profile("fairlead")

# A shell without job control starts what it puts into the background deaf to Ctrl-C, and so
# would be every program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a test whose name holds an address: two processes could not share the tests."""
    if re.search(r"\b0x[0-9a-f]{6,}", item.nodeid):
        raise pytest.UsageError(f"{item.nodeid} changes its name in every process; give it ids")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test that is a coroutine, in an event loop of its own."""
    test = pyfuncitem.obj
    if not inspect.iscoroutinefunction(test):
        return None
    given = {name: pyfuncitem.funcargs[name] for name in inspect.signature(test).parameters}
    asyncio.run(test(**given))
    return True


@pytest.fixture(scope="session", autouse=True)
def settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide the caller's settings, also from fixtures that outlive one test."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FAIRLEAD_")]:
            patch.delenv(name)
        patch.setenv("FAIRLEAD_HOME", str(tmp_path_factory.mktemp("fairlead-home")))
        yield


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the test, and the programs it starts, an empty store in a temporary folder."""
    monkeypatch.setenv("FAIRLEAD_HOME", str(tmp_path / "fairlead-home"))
