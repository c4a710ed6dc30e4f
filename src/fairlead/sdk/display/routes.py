"""The lines between the boxes of an SVG picture, as the corners they pass.

A solid line leads from a task to its subtasks, a dashed arrow from a task to what waits
for it.  Lines keep to the gaps between columns and bands, so that none crosses a box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.sdk.display.layout import (
    BUS,
    CHANNEL,
    COLUMN_GAP,
    ROW_GAP,
    SIDE,
    TRUNK,
    Area,
    Band,
    Block,
    corridor,
)

PARENT_ANCHOR = 14
"""How far below a box's top the line from its parent reaches it."""

CORNER = 6
"""Radius of the corners of lines."""

DROP = 11
"""How far left of a box an arrow from another band comes down."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Route:
    """A line through corners.  ``head``: it ends in the head of an arrow."""

    points: tuple[Point, ...]
    dashed: bool = False
    head: bool = False


def areas(top: Area) -> Iterator[tuple[Block | None, Area]]:
    """Yield every area of a picture with the block it belongs to."""
    found: list[tuple[Block | None, Area]] = [(None, top)]
    for owner, area in found:  # the list grows while it is read
        yield owner, area
        found.extend((block, block.area) for block in area.blocks if block.area.bands)


def parent_routes(owner: Block, area: Area) -> Iterator[Route]:
    """Yield the lines from a box to its children: trunks, buses and short branches."""
    trunk = area.x - TRUNK
    start = owner.box.y + owner.box.height
    firsts = [block for band in area.bands for block in band.columns[0].blocks]
    yield from _comb(((trunk, start),), firsts)
    for band in area.bands:
        bus = band.y - BUS + 3
        begin = trunk
        for column in band.columns[1:]:
            end = column.x - TRUNK
            yield from _comb(((begin, bus), (end, bus)), column.blocks)
            begin = end - CORNER


def _comb(way: tuple[Point, ...], blocks: list[Block]) -> Iterator[Route]:
    """Yield the line along a way and down to the lowest block, and branches to the others."""
    x = way[-1][0]
    lowest = max(blocks, key=lambda block: block.y)
    for block in blocks:
        y = block.y + PARENT_ANCHOR
        begin = (*way, (x, y)) if block is lowest else ((x, y),)
        yield Route((*begin, (block.x, y)))


def arrow_routes(area: Area) -> Iterator[Route]:
    """Yield the arrows between siblings.

    Arrows from one column to the next with the same targets are drawn as a bundle.
    """
    lanes = _Lanes(area)
    bundles: dict[tuple[int, int, tuple[Block, ...]], list[Block]] = {}
    for source, targets in area.targets.items():
        bundles.setdefault((source.band, source.column, targets), []).append(source)
    for (band, column, targets), sources in bundles.items():
        near = [one for one in targets if (one.band, one.column) == (band, column + 1)]
        if near:
            yield from _bundle(lanes.after(sources[0]), sources, near)
        for target in targets:
            if (target.band, target.column) == (band, column + 1):
                continue
            for source in sources:
                points = tuple(_corners(area, lanes, source, target))
                yield Route(points, dashed=True, head=True)


def _bundle(lane: float, sources: list[Block], targets: list[Block]) -> Iterator[Route]:
    """Yield one line up and down a lane, with a branch to each source and each target.

    No two of these lines lie on one another: dashes would run together.
    """
    hub = sources[0]
    heads = set(targets)
    ends = [*sources[1:], *targets]
    highest = min(ends, key=lambda block: block.anchor)
    lowest = max(ends, key=lambda block: block.anchor)
    from_hub: tuple[Point, ...] = ((hub.x + hub.box.outer_width, hub.anchor), (lane, hub.anchor))
    for end in ends:
        is_target = end in heads
        last = end.x if is_target else end.x + end.box.outer_width
        is_far = (end is highest and end.anchor <= hub.anchor) or (
            end is lowest and end.anchor >= hub.anchor
        )
        begin = from_hub if is_far else ((lane, end.anchor),)
        from_hub = from_hub[1:] if is_far and len(from_hub) > 1 else from_hub
        corner = ((lane, end.anchor),) if is_far else ()
        yield Route((*begin, *corner, (last, end.anchor)), dashed=True, head=is_target)


def _corners(area: Area, lanes: _Lanes, source: Block, target: Block) -> Iterator[Point]:
    """Yield the corners of an arrow that leads further than to the next column."""
    start, end = source.anchor, target.anchor
    bundle = area.targets[source]
    yield source.x + source.box.outer_width, start
    height = corridor(area, source, target) if source.band == target.band else None
    if height is not None:
        lane = lanes.after(source) if height == end else lanes.before(target, source)
        yield lane, start
        yield lane, end
    else:
        first, last = area.bands[source.band], area.bands[max(source.band, target.band - 1)]
        yield lanes.after(source), start
        yield lanes.after(source), _channel(first, bundle)
        if last is not first:
            right = area.x + area.width - 2
            yield right, _channel(first, bundle)
            yield right, _channel(last, bundle)
        yield target.x - DROP, _channel(last, bundle)
        yield target.x - DROP, end
    yield target.x, end


def _channel(band: Band, bundle: tuple[Block, ...]) -> float:
    return band.bottom + ROW_GAP + band.channels.index(bundle) * CHANNEL


class _Lanes:
    """The vertical ways of arrows right of each column.

    Sources with the same targets share one, so that a fan-in is drawn as one line.
    """

    def __init__(self, area: Area) -> None:
        self._area = area
        self._ways: dict[tuple[int, int], dict[tuple[Block, ...], int]] = {}
        for source, targets in area.targets.items():
            ways = self._ways.setdefault((source.band, source.column), {})
            ways.setdefault(targets, len(ways))

    def after(self, source: Block) -> float:
        """Return the way right of a source's own column."""
        return self._way(source.band, source.column, source)

    def before(self, target: Block, source: Block) -> float:
        """Return a source's way just left of a target's column."""
        return self._way(target.band, target.column - 1, source)

    def _way(self, band: int, column: int, source: Block) -> float:
        ways = self._ways[source.band, source.column]
        share = (ways[self._area.targets[source]] + 0.5) / len(ways)
        bands = self._area.bands[band]
        place = bands.columns[column]
        begin = place.x + place.width + 8
        if place is bands.columns[-1]:
            return begin + share * (SIDE - 10)
        kept = TRUNK + 8 if self._area.has_parent else DROP + 6
        return begin + share * (COLUMN_GAP - 8 - kept)
