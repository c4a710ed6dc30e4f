"""The names users import, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import fairlead
import fairlead.cache
import fairlead.sessions
import fairlead.sessions.control
import fairlead.workflow


@pytest.mark.parametrize(
    "module",
    [
        fairlead,
        fairlead.cache,
        fairlead.sessions,
        fairlead.sessions.control,
        fairlead.workflow,
    ],
    ids=lambda module: module.__name__,
)
def test_every_public_name_is_there(module: object):
    for name in module.__all__:  # type: ignore[attr-defined]
        assert getattr(module, name) is not None
    assert set(module.__all__) <= set(dir(module))  # type: ignore[attr-defined]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = fairlead.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import fairlead", "pydantic asyncio sqlite3 logging inspect dataclasses"),
        (
            "from fairlead import Client, ExecutionContext, Task, InMemoryCache\n"
            "class Step(Task):\n"
            "    number: int\n"
            "    def execute(self, context): ...\n"
            "Client()",
            "pydantic asyncio sqlite3 logging multiprocessing obstore fairlead.backends",
        ),
    ],
)
def test_nothing_heavy_is_imported_early(statement: str, absent: str):
    code = f"{statement}\nimport sys\nprint(*[n for n in {absent.split()!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
