"""Every program in ``examples/`` runs in a fresh process and prints what it should."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from tests.examples.programs import (
    EXAMPLES,
    EXPECTED,
    OTHERS,
    PROCESSES,
    PROGRAMS,
    THREADS,
    environment,
    expected,
    run,
)

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
