"""``run_all`` and ``run_forever``: an engine of its own over all jobs that nobody drives."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING

from fairlead.backends.local.engine import Engine
from fairlead.sdk.backend import RunnerOptions

if TYPE_CHECKING:
    from fairlead.backends.local.backend import LocalBackend

LOOK_AGAIN = 0.05
"""Seconds between looks for new jobs while others still run."""

MOST_DRIVEN = 1000
"""Most jobs driven at once; the others follow as these end."""


def serve(
    backend: LocalBackend,
    options: RunnerOptions,
    *,
    only: int | None = None,
    forever: bool = False,
) -> None:
    """Drive jobs until nothing can run here any more (or for ever).

    On an interrupt, what runs goes back to the queue and is charged to nobody.
    """
    engine = backend.open_engine(options)
    try:
        while True:
            _adopt(backend, engine, only)
            if engine.error is not None:
                raise engine.error
            if engine.is_idle and not _adopt(backend, engine, only):
                if not forever:
                    return
                sleep(LOOK_AGAIN)
            else:
                engine.wait_for_change(LOOK_AGAIN)
    except KeyboardInterrupt:
        backend.interrupted()
        raise
    finally:
        engine.close()
        backend.engines.remove(engine)


def _adopt(backend: LocalBackend, engine: Engine, only: int | None) -> bool:
    """Drive open jobs that nobody drives; True if there was one not driven here before."""
    found = False
    rows = backend.store.read(
        "SELECT no FROM job WHERE state IN ('QUEUED', 'RUNNING', 'SUSPENDED')"
        " AND (?1 IS NULL OR no = ?1) ORDER BY no LIMIT ?2",
        (only, MOST_DRIVEN),
    )
    for (number,) in rows:
        if number not in engine.jobs and backend.driver(number) is None:
            found = engine.drive(number) or found
    return found
