"""Render a picture by recursive subtasks: a tile that is not smooth splits into four.

The picture is a small copy of the Mandelbrot set inside the set itself, with its
filaments.  Each tile takes 25 samples.  Where these lie on a smooth surface the tile is
filled from them; where they do not, four subtasks take its quarters, down to 8 pixels,
which are computed one by one.  Tiles travel through the job cache as bytes; the last
task waits for the whole tree and writes a PNG file with nothing but the standard library.

    python quadtree.py [FILE [SIZE [--grid]]]
"""

import hashlib
import math
import os
import shutil
import struct
import sys
import tempfile
import zlib
from bisect import bisect_right
from pathlib import Path

from fairlead import Client, ExecutionContext, NonRetryableError, Task, TaskRun

Colour = tuple[float, float, float]

CENTRE = (-0.1594, 1.0374)
WIDTH = 0.027
MOST_ITERATIONS = 320
ESCAPED = 10_000.0
"""The square of the distance from which a point counts as gone for good."""

LARGEST_SMOOTH, SMALLEST = 64, 8
"""Tiles above the first always split, those of the second never; in pixels."""

TOLERANCE = 2.5
"""How far a sample may lie off the surface of its neighbours, in steps of 255."""

INSIDE: Colour = (9, 11, 28)
PALETTE: list[tuple[float, Colour]] = [
    (0.00, (4, 14, 66)),
    (0.16, (22, 88, 168)),
    (0.36, (134, 199, 222)),
    (0.50, (250, 244, 218)),
    (0.64, (246, 173, 52)),
    (0.80, (158, 56, 22)),
    (0.92, (38, 12, 52)),
    (1.00, (4, 14, 66)),
]


def palette(place: float) -> Colour:
    """Return the colour at a place on the palette, which repeats."""
    place %= 1.0
    number = bisect_right(PALETTE, (place, INSIDE)) or 1
    (start, first), (end, second) = PALETTE[number - 1 : number + 1]
    part = (place - start) / (end - start)
    return mixed(first, second, part * part * (3 - 2 * part))


def mixed(one: Colour, other: Colour, part: float) -> Colour:
    """Return a colour between two."""
    return (
        one[0] + (other[0] - one[0]) * part,
        one[1] + (other[1] - one[1]) * part,
        one[2] + (other[2] - one[2]) * part,
    )


def colour(across: float, down: float) -> Colour:
    """Return the colour at a place of the picture, both 0 to 1."""
    point_x, point_y = CENTRE[0] + (across - 0.5) * WIDTH, CENTRE[1] - (down - 0.5) * WIDTH
    x = y = x2 = y2 = slope_x = slope_y = 0.0
    for step in range(1, MOST_ITERATIONS + 1):
        slope_x, slope_y = 2 * (x * slope_x - y * slope_y) + 1, 2 * (x * slope_y + y * slope_x)
        x, y = x2 - y2 + point_x, 2 * x * y + point_y
        x2, y2 = x * x, y * y
        if x2 + y2 > ESCAPED:
            time = step - math.log2(math.log(x2 + y2) / math.log(ESCAPED))
            return lit(time, x * slope_x + y * slope_y, y * slope_x - x * slope_y)
    return INSIDE


def lit(time: float, normal_x: float, normal_y: float) -> Colour:
    """Return the colour of a point that escapes.

    Its escape time chooses from the palette; the slope of the escape time there is lit
    from the upper right, as if it were a surface.
    """
    length = math.sqrt(2 * (normal_x * normal_x + normal_y * normal_y))
    light = 0.71 + 0.41 * (normal_x + normal_y) / length
    red, green, blue = palette(math.sqrt(time) * 0.23 + 0.02)
    return min(255.0, red * light), min(255.0, green * light), min(255.0, blue * light)


class Tile(Task):
    """Fills a square of the picture, or submits its quarters."""

    x: int
    y: int
    edge: int
    size: int

    def execute(self, context: ExecutionContext) -> None:
        context.current_task.display = f"{self.edge} px at {self.x}, {self.y}"
        if self.edge > LARGEST_SMOOTH:
            self.split(context)
            return
        samples = self.samples()
        if is_smooth(samples):
            self.keep(context, [self.between(samples, pixel) for pixel in self.pixels()])
        elif self.edge > SMALLEST:
            self.split(context)
        else:
            self.keep(context, [self.computed(*pixel) for pixel in self.pixels()])

    def split(self, context: ExecutionContext) -> None:
        """Submit the quarters."""
        half = self.edge // 2
        context.submit_subtasks(
            [
                Tile(self.x + right, self.y + below, half, self.size)
                for below in (0, half)
                for right in (0, half)
            ]
        )

    def keep(self, context: ExecutionContext, pixels: list[Colour]) -> None:
        """Put the tile's pixels into the job's cache."""
        data = bytes(round(value) for pixel in pixels for value in pixel)
        context.job_cache.group("tiles")[f"{self.x},{self.y},{self.edge}"] = data

    def pixels(self) -> list[tuple[int, int]]:
        """Return the places of the tile's pixels, row by row."""
        return [(right, below) for below in range(self.edge) for right in range(self.edge)]

    def at(self, right: float, below: float) -> Colour:
        """Return the picture's colour at a place in the tile, in pixels."""
        return colour((self.x + right) / self.size, (self.y + below) / self.size)

    def samples(self) -> list[list[Colour]]:
        """Return five rows of five samples, over the tile from border to border."""
        places = [self.edge * step / 4 for step in range(5)]
        return [[self.at(right, below) for right in places] for below in places]

    def between(self, samples: list[list[Colour]], pixel: tuple[int, int]) -> Colour:
        """Return the colour of a pixel from the four samples around it."""
        right, below = ((place + 0.5) * 4 / self.edge for place in pixel)
        column, row = int(right), int(below)
        above, under = samples[row], samples[row + 1]
        return mixed(
            mixed(above[column], above[column + 1], right - column),
            mixed(under[column], under[column + 1], right - column),
            below - row,
        )

    def computed(self, right: int, below: int) -> Colour:
        """Return the mean colour of four places in a pixel, so that edges look soft."""
        quarters = [self.at(right + i, below + j) for j in (0.25, 0.75) for i in (0.25, 0.75)]
        red, green, blue = (sum(values) / 4 for values in zip(*quarters, strict=True))
        return red, green, blue


def is_smooth(samples: list[list[Colour]]) -> bool:
    """Return whether each sample lies about half-way between its neighbours."""
    lines = [*samples, *zip(*samples, strict=True)]
    return all(
        abs(middle[channel] - (before[channel] + after[channel]) / 2) <= TOLERANCE
        for line in lines
        for before, middle, after in zip(line, line[1:], line[2:], strict=False)
        for channel in range(3)
    )


class Assemble(Task):
    """Puts the tiles together and writes the file."""

    size: int
    grid: bool

    def execute(self, context: ExecutionContext) -> dict[str, str | int]:
        picture = bytearray(3 * self.size * self.size)
        tiles = context.job_cache.group("tiles")
        names = list(tiles)
        for name in names:
            x, y, edge = map(int, name.split(","))
            data = bytearray(tiles[name])
            if self.grid:
                draw_border(data, edge)
            for row in range(edge):
                start = 3 * ((y + row) * self.size + x)
                picture[start : start + 3 * edge] = data[3 * row * edge : 3 * (row + 1) * edge]
        file = context.files / "quadtree.png"
        file.write_bytes(png(picture, self.size))
        checksum = hashlib.sha256(picture).hexdigest()[:16]
        return {"file": file.name, "tiles": len(names), "checksum": checksum}


def draw_border(tile: bytearray, edge: int) -> None:
    """Lighten the upper and left border of a tile."""
    for place in range(edge):
        for pixel in (place, place * edge):
            for channel in range(3 * pixel, 3 * pixel + 3):
                tile[channel] += (255 - tile[channel]) // 4


def png(picture: bytes | bytearray, size: int) -> bytes:
    """Return a square picture of three bytes a pixel as a PNG file."""
    rows = (picture[start : start + 3 * size] for start in range(0, len(picture), 3 * size))
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Picture(Task):
    """Submits the tile that is the whole picture, and what waits for it."""

    size: int
    grid: bool = False

    def execute(self, context: ExecutionContext) -> object:
        if self.size < SMALLEST or self.size & (self.size - 1):
            raise NonRetryableError(f"a size of {self.size} cannot be halved; take 128, 256 ...")
        tiles = context.submit_subtask(Tile(0, 0, self.size, self.size))
        return context.submit_subtask(Assemble(self.size, self.grid), depends_on=[tiles])


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--grid"]
    target = arguments[0] if arguments else "quadtree.png"
    size = int(arguments[1]) if len(arguments) > 1 else 512

    client = Client()
    job = client.jobs().submit("quadtree", Picture(size, grid="--grid" in sys.argv))
    client.runner(processes=os.cpu_count()).run_all()
    picture = job.result
    (assemble,) = (task for task in job.tasks() if task.identifier == "Assemble")
    with tempfile.TemporaryDirectory() as folder:
        TaskRun(assemble.id).download(folder)  # it may have been written on another machine
        shutil.copy(Path(folder, picture["file"]), target)
    print(f"{target}: {size} x {size} pixels, checksum {picture['checksum']}")
    print(f"{len(job.tasks())} tasks, {picture['tiles']} tiles")
