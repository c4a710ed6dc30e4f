"""The README's first command, as a new user calls it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(600)
def test_the_demonstration_counts_the_whole_standard_library(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "demo"],
        cwd=ROOT,
        env=os.environ | {"FAIRLEAD_HOME": str(tmp_path / "home"), "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=560,
    )
    assert done.returncode == 0, done.stderr
    counted = re.search(r"^([\d,]+) files, ([\d,]+) identifiers, ([\d,]+) different$",
                        done.stdout, re.MULTILINE)  # fmt: skip
    assert counted is not None, done.stdout
    files, identifiers, different = (int(one.replace(",", "")) for one in counted.groups())
    assert files > 500
    assert identifiers > different > 10_000
    first = re.search(r"^ +[\d,]+ +(\w+)$", done.stdout, re.MULTILINE)
    assert first is not None
    assert first[1] == "self"
    batches = -(-files // 40)
    assert re.search(r"^identifiers +COMPLETED +(\d+)/\1 ", done.stdout, re.MULTILINE)
    assert f"CountBatch x{batches}  COMPLETED" in done.stdout
