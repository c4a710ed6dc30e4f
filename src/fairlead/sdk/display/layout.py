"""Where the boxes of an SVG picture stand.

Siblings that do not wait for each other stand below one another.  What waits for them
stands in the next column to the right; columns that would make the picture too wide go
on in a further *band* below, as text does.  What is below a box in the tree hangs under
it, a little indented.  So time runs to the right, depth runs down, and no two boxes can
overlap, because every block of a tree keeps a rectangle for itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

from fairlead.sdk.display.boxes import Box, BoxWriter
from fairlead.sdk.display.outline import Item

INDENT = 34
"""From a box's left to the left of its children, in pixels; like all numbers here."""

TRUNK = 20
"""How far left of a column its trunk runs, which joins its boxes to their parent."""

ROW_GAP = 11
COLUMN_GAP = 64
BAND_GAP = 26
BUS = 12
"""Above a band of several columns, for the line that reaches their trunks."""

UNDER_BOX = 12
"""Between a box and its children."""

CHANNEL = 7
"""Height of the way of one arrow below a band."""

WIDEST_BAND = 1280
"""Columns that together are wider than this are spread over several bands."""

SIDE = 22
"""Beside an area whose arrows lead from band to band, for their way down."""

ANCHOR = 27
"""How far below a box's top arrows leave and reach it."""


@dataclass(slots=True, eq=False)
class Block:
    """A box with everything below it.  ``x`` and ``y`` are first relative to its area."""

    item: Item
    box: Box
    area: Area
    x: float = 0
    y: float = 0
    band: int = 0
    column: int = 0

    @property
    def width(self) -> float:
        below = INDENT + self.area.width if self.area.bands else 0
        return max(self.box.outer_width, below)

    @property
    def height(self) -> float:
        below = UNDER_BOX + self.area.height if self.area.bands else 0
        return self.box.outer_height + below

    @property
    def anchor(self) -> float:
        return self.y + ANCHOR


@dataclass(slots=True)
class Column:
    """Blocks below one another, as wide as the widest."""

    blocks: list[Block]
    width: float
    x: float = 0


@dataclass(slots=True)
class Band:
    """Columns beside one another.

    ``channels`` are the ways of arrows below it, each named by the targets of the arrows.
    """

    columns: list[Column]
    y: float = 0
    channels: list[tuple[Block, ...]] = field(default_factory=list)

    @property
    def blocks(self) -> list[Block]:
        return [block for column in self.columns for block in column.blocks]

    @property
    def width(self) -> float:
        return self.columns[-1].x + self.columns[-1].width

    def shift(self, right: float) -> None:
        """Move everything to the right."""
        for column in self.columns:
            column.x += right
            for block in column.blocks:
                block.x += right

    @property
    def bottom(self) -> float:
        """The lower end of its lowest block, once these have their final places."""
        return max(block.y + block.height for block in self.blocks)


@dataclass(slots=True)
class Area:
    """The place of some siblings: those at the top level, or the children of one box.

    ``targets`` are the blocks that wait for each block.
    """

    has_parent: bool
    bands: list[Band] = field(default_factory=list)
    targets: dict[Block, tuple[Block, ...]] = field(default_factory=dict)
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0

    @property
    def blocks(self) -> list[Block]:
        return [block for band in self.bands for block in band.blocks]

    @property
    def edges(self) -> Iterator[tuple[Block, Block]]:
        for source, targets in self.targets.items():
            for target in targets:
                yield source, target


def lay_out(items: Sequence[Item], writer: BoxWriter) -> Area:
    """Return the area of the top level, with every block in its place from (0, 0) on."""
    order = list(items)
    for item in order:  # the list grows while it is read
        order.extend(item.children)
    blocks: dict[Item, Block] = {}
    for item in reversed(order):
        area = _area([blocks[child] for child in item.children], has_parent=True)
        blocks[item] = Block(item, writer.box(item), area)
    top = _area([blocks[item] for item in items], has_parent=False)
    _place(top)
    return top


def _area(blocks: list[Block], *, has_parent: bool) -> Area:
    area = Area(has_parent)
    if not blocks:
        return area
    area.bands = _bands(_columns(blocks))
    for number, band in enumerate(area.bands):
        _stand(band, number)
    area.targets = _targets(blocks)
    for source, target in area.edges:
        for number in channels_of(area, source, target):
            channels = area.bands[number].channels
            if area.targets[source] not in channels:
                channels.append(area.targets[source])
    _stack(area)
    return area


def _columns(blocks: list[Block]) -> list[Column]:
    by_layer: dict[int, list[Block]] = {}
    for block in blocks:
        by_layer.setdefault(block.item.layer, []).append(block)
    return [_column(by_layer[layer]) for layer in sorted(by_layer)]


def _column(blocks: list[Block]) -> Column:
    box_width = max(block.box.width for block in blocks)
    for block in blocks:
        block.box.width = box_width
    return Column(blocks, max(block.width for block in blocks))


def _bands(columns: list[Column]) -> list[Band]:
    """Spread columns evenly over as few bands as their width allows."""
    whole = sum(column.width + COLUMN_GAP for column in columns) - COLUMN_GAP
    fewest = ceil(whole / WIDEST_BAND)
    limit = whole / fewest
    while len(bands := _broken(columns, limit)) > fewest and limit < WIDEST_BAND:
        limit += COLUMN_GAP / 2
    return bands


def _broken(columns: list[Column], limit: float) -> list[Band]:
    bands = [Band([])]
    x = 0.0
    for column in columns:
        if bands[-1].columns and x + column.width > limit:
            bands.append(Band([]))
            x = 0.0
        column.x = x
        bands[-1].columns.append(column)
        x += column.width + COLUMN_GAP
    return bands


def _stand(band: Band, number: int) -> None:
    """Give the blocks of a band their places in it, each near what it waits for."""
    placed: dict[Item, Block] = {}
    for index, column in enumerate(band.columns):
        wanted = {block: _wanted(block, placed) for block in column.blocks}
        column.blocks.sort(key=lambda block: _or_last(wanted[block]))
        _settle(column, wanted)
        for block in column.blocks:
            block.x, block.band, block.column = column.x, number, index
            placed[block.item] = block
    highest = min(block.y for block in placed.values())
    for block in placed.values():
        block.y -= highest


def _wanted(block: Block, placed: dict[Item, Block]) -> float | None:
    """Return the mean height of what a block waits for, within its band."""
    sources = [placed[item].y for item in block.item.waits if item in placed]
    return sum(sources) / len(sources) if sources else None


def _or_last(wanted: float | None) -> float:
    return float("inf") if wanted is None else wanted


def _settle(column: Column, wanted: dict[Block, float | None]) -> None:
    """Stand blocks below one another, and on average where they want to be."""
    below = float("-inf")
    misses = []
    for block in column.blocks:
        want = wanted[block]
        block.y = max(below, want) if want is not None else max(below, 0.0)
        below = block.y + block.height + ROW_GAP
        if want is not None:
            misses.append(want - block.y)
    shift = sum(misses) / len(misses) if misses else 0.0
    for block in column.blocks:
        block.y = round(block.y + shift)


def _stack(area: Area) -> None:
    """Stand the bands below one another, with room for buses and arrows between them."""
    y = 0.0
    for band in area.bands:
        y += BUS if area.has_parent and len(band.columns) > 1 else 0
        for block in band.blocks:
            block.y += y
        band.y = y
        y = band.bottom
        if band.channels:
            y += ROW_GAP + CHANNEL * len(band.channels)
        y += BAND_GAP
    area.height = y - BAND_GAP
    area.width = max(band.width for band in area.bands)
    if any(source.band != target.band for source, target in area.edges):
        area.width += 2 * SIDE
        for band in area.bands:
            band.shift(SIDE)


def _place(top: Area) -> None:
    """Turn places relative to areas into places in the picture."""
    areas = [top]
    for area in areas:  # the list grows while it is read
        for band in area.bands:
            band.y += area.y
            for column in band.columns:
                column.x += area.x
        for block in area.blocks:
            block.x += area.x
            block.y += area.y
            block.box.x, block.box.y = block.x, block.y
            if block.area.bands:
                block.area.x = block.x + INDENT
                block.area.y = block.y + block.box.outer_height + UNDER_BOX
                areas.append(block.area)


# --- which arrows there are, and which of them need a channel ---------------------


def _targets(blocks: list[Block]) -> dict[Block, tuple[Block, ...]]:
    """Return what waits for each block, without what follows from the others."""
    by_item = {block.item: block for block in blocks}
    found: dict[Block, list[Block]] = {}
    for block in blocks:
        for source in _needed(block.item):
            if source.layer < block.item.layer:
                found.setdefault(by_item[source], []).append(block)
    return {source: tuple(targets) for source, targets in found.items()}


def _needed(item: Item) -> list[Item]:
    """Return what an item waits for, less what those wait for already."""
    if len(item.waits) < 2:
        return item.waits
    lowest = min(source.layer for source in item.waits)
    implied: set[Item] = set()
    open_ = list(item.waits)
    while open_:
        for earlier in open_.pop().waits:
            if earlier not in implied and earlier.layer >= lowest:
                implied.add(earlier)
                open_.append(earlier)
    return [source for source in item.waits if source not in implied]


def channels_of(area: Area, source: Block, target: Block) -> list[int]:
    """Return the numbers of the bands below which an arrow runs; none for a straight way."""
    if source.band != target.band:
        return sorted({source.band, target.band - 1})
    return [] if corridor(area, source, target) is not None else [source.band]


def corridor(area: Area, source: Block, target: Block) -> float | None:
    """Return the height at which nothing stands between two blocks of one band.

    That of the source or of the target, or None if boxes are in the way of both.
    """
    columns = area.bands[source.band].columns[source.column + 1 : target.column]
    between = [block for column in columns for block in column.blocks]
    for height in (source.anchor, target.anchor):
        if all(not block.y - 6 < height < block.y + block.height + 6 for block in between):
            return height
    return None
