"""What a runner's agent imports is cheap: no pydantic, no client of the cluster."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pydantic", "pydantic_core", "aiohttp", "kubernetes", "kopf", "obstore", "asyncio")


@pytest.mark.parametrize(
    "module",
    [
        "fairlead.api.constants",
        "fairlead.api.labels",
        "fairlead.api.names",
        "fairlead.api.pointers",
        "fairlead.api.ranges",
        "fairlead.api.times",
        "fairlead.api.words",
        "fairlead.runner.pod.agent",
    ],
)
def test_it_imports_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print([one for one in {HEAVY!r} if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
