"""Progress as bars on a terminal: one for the job, one for each kind of task."""

from __future__ import annotations

import sys

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from fairlead.cli.progress.snapshot import Bar, Snapshot, bar_in_words, hidden_in_words
from fairlead.cli.words import duration
from fairlead.sdk.display.words import clip

BAR_COLUMNS = 30
LABEL_COLUMNS = 32


class Bars:
    """Draws bars at the bottom of the terminal; what tasks print scrolls by above them."""

    def __init__(self) -> None:
        console = Console(file=sys.stderr)
        # Standard output is redirected only if it is this terminal: in a pipe it is data.
        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )

    def __enter__(self) -> Bars:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot, now: float) -> None:
        """Draw the snapshot in the place of the last one."""
        self._live.update(draw(snapshot), refresh=True)


def draw(snapshot: Snapshot) -> Group:
    """Return a snapshot as something rich can draw."""
    table = Table.grid(padding=(0, 1))
    _add_row(table, _whole(snapshot), _when(snapshot))
    for bar in snapshot.bars:
        _add_row(table, bar, bar_in_words(bar), indent="  ")
    if snapshot.hidden:
        return Group(table, Text("  " + hidden_in_words(snapshot.hidden)))
    return Group(table)


def _whole(snapshot: Snapshot) -> Bar:
    return Bar(
        f"{snapshot.name}  {snapshot.state.value}",
        snapshot.done,
        snapshot.total,
        snapshot.running,
        snapshot.failed,
    )


def _when(snapshot: Snapshot) -> str:
    words = [bar_in_words(_whole(snapshot)), duration(snapshot.elapsed)]
    if snapshot.remaining is not None:
        words.append(f"about {duration(snapshot.remaining)} left")
    return ", ".join(word for word in words if word)


def _add_row(table: Table, bar: Bar, words: str, indent: str = "") -> None:
    table.add_row(
        Text(indent + clip(bar.label, LABEL_COLUMNS)),
        ProgressBar(
            total=max(bar.total, 1),
            completed=bar.done,
            width=BAR_COLUMNS,
            complete_style="red" if bar.failed else "green",
            finished_style="green",
        ),
        Text(f"{bar.done}/{bar.total}", justify="right"),
        Text(words),
    )
