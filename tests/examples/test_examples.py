"""Every program in ``examples/`` runs in a fresh process and prints what it should.

What a program must print is in ``examples/expected/NAME.txt``, what it must log in
``NAME.log``.  Ids, durations and the like, which differ from run to run, are replaced by
words first.
"""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED = EXAMPLES / "expected"

THREADS, PROCESSES = "", "processes:2"


@dataclass(frozen=True)
class Program:
    """How an example is to be run.

    Attributes
    ----------
    workers
        The values of ``FAIRLEAD_WORKERS`` to run it with.
    in_order
        Whether the order of the lines is fixed where its tasks run in threads.
    """

    workers: tuple[str, ...] = (THREADS, PROCESSES)
    in_order: bool = True


PROGRAMS = {
    "async_tasks": Program(),
    "attach": Program(workers=(THREADS,)),  # the group's tasks run in processes anyway
    "batches": Program(in_order=False),
    "control_handler": Program(),
    "images": Program(),
    "inputs": Program(workers=(THREADS,)),
    "job_control": Program(),
    "long_chain": Program(),
    "news": Program(),
    "optional_tasks": Program(),
    "particles": Program(),
    "processing": Program(),
    "recursion": Program(),
    "retries": Program(),
    "sessions_at_once": Program(),
    "squares": Program(),
    "styles": Program(workers=(THREADS, "threads:1", PROCESSES)),
    "versions": Program(),
    "weather": Program(),
}
"""Those whose whole output is compared; the others have a test of their own."""

OTHERS = {"count_identifiers", "quadtree"}

CHANGING = (
    (re.compile(r"(?<![\w.])(?=[a-z]*\d)[a-z0-9]{25}\b"), "<id>"),
    (re.compile(r"\b(\w+)_[0-9a-f]{8}\b"), r"\1_<hex>"),
    (re.compile(r"\b\d+(\.\d+)? (µs|ms|s)\b"), "<time>"),
    (re.compile(re.escape(f"{EXAMPLES}{os.sep}") + r"(\w+\.py):\d+"), r"\1:<line>"),
    (re.compile(r"\bitem=\d+$"), "item=<number>"),
)


@dataclass(frozen=True)
class Printed:
    """What a program has printed and logged, as lines without what changes."""

    out: list[str]
    log: list[str]


def environment(folder: Path, workers: str) -> dict[str, str]:
    return os.environ | {
        "FAIRLEAD_HOME": str(folder / "store"),
        "FAIRLEAD_WORKERS": workers,
        "PYTHONIOENCODING": "utf-8",
    }


def run(name: str, folder: Path, workers: str, *arguments: str) -> Printed:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *arguments],
        cwd=folder,
        env=environment(folder, workers),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return Printed(steady(ran.stdout), steady(ran.stderr))


def steady(text: str) -> list[str]:
    """Return the lines of a text, with a word for each thing that changes."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text.splitlines()


def expected(name: str, kind: str) -> list[str]:
    file = EXPECTED / f"{name}.{kind}"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


RUNS = [(name, workers) for name, program in PROGRAMS.items() for workers in program.workers]


@pytest.mark.parametrize(
    ("name", "workers"), RUNS, ids=[f"{name}-{workers or 'threads'}" for name, workers in RUNS]
)
def test_a_program_prints_what_it_should(name: str, workers: str, tmp_path: Path) -> None:
    printed = run(name, tmp_path, workers)

    if PROGRAMS[name].in_order and workers != PROCESSES:
        assert printed.out == expected(name, "txt")
    else:
        assert sorted(printed.out) == sorted(expected(name, "txt"))
    assert sorted(printed.log) == sorted(expected(name, "log"))


def test_every_program_is_tested_and_every_expectation_has_a_program() -> None:
    programs = {path.stem for path in EXAMPLES.glob("*.py")}
    assert programs == PROGRAMS.keys() | OTHERS
    assert {path.stem for path in EXPECTED.iterdir()} == set(PROGRAMS)


def test_the_commands_that_a_run_hints_at_work(tmp_path: Path) -> None:
    program = [sys.executable, str(EXAMPLES / "particles.py")]
    env = environment(tmp_path, THREADS) | {
        "PATH": str(Path(sys.executable).parent) + os.pathsep + os.environ["PATH"]
    }
    printed = subprocess.run(program, env=env, capture_output=True, text=True, check=True).stdout
    commands = [line.split() for line in printed.splitlines() if line.startswith("    fairlead ")]
    assert len(commands) == 8  # four for each of two runs

    shown = [
        subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
        for command in commands[:4]
    ]

    for what, text in zip(("COMPLETED", "Simulated", "frame-07.txt", "bounce"), shown, strict=True):
        assert what in text


def test_identifiers_are_counted_in_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / "code"
    (folder / "inner").mkdir(parents=True)
    (folder / "one.py").write_text("def walk(step):\n    return step + 1_000  # step by step\n")
    (folder / "inner" / "two.py").write_text("'''walk'''\nstep = rb'step' or 1.5.step\n")
    (folder / "no.py").write_bytes(b"# coding: nothing-like-it\nstep = 1\n")

    printed = run("count_identifiers", tmp_path, THREADS, str(folder))

    assert printed.out == [
        "3 files, 5 identifiers, 2 different",
        "        4  step",
        "        1  walk",
    ]
    assert printed.log == ["Counted files=3 identifiers=2"]


def test_a_picture_is_rendered_by_tiles_that_split(tmp_path: Path) -> None:
    printed = run("quadtree", tmp_path, THREADS, "picture.png", "64")

    first, second = printed.out
    assert re.fullmatch(r"picture\.png: 64 x 64 pixels, checksum [0-9a-f]{16}", first)
    counted = re.fullmatch(r"(\d+) tasks, (\d+) tiles", second)
    assert counted
    tasks, tiles = (int(number) for number in counted.groups())
    # A tree in which each task but a tile has four children, a root and what assembles it.
    assert tasks == (4 * tiles - 1) // 3 + 2
    size, rows = read_png(tmp_path / "picture.png")
    assert size == (64, 64)
    assert rows[40][3 * 36 : 3 * 36 + 3] == bytes([9, 11, 28])  # inside the set
    colours = {row[start : start + 3] for row in rows for start in range(0, 192, 3)}
    assert len(colours) > 1000


def read_png(path: Path) -> tuple[tuple[int, int], list[bytes]]:
    """Return the size and the rows of a picture, after checking every part of the file."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    parts = {}
    place = 8
    while place < len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        assert zlib.crc32(kind + body) == checksum
        parts[kind] = body
        place += 12 + length
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    pixels = zlib.decompress(parts[b"IDAT"])
    long = 3 * width + 1
    return (width, height), [pixels[row * long + 1 : (row + 1) * long] for row in range(height)]
