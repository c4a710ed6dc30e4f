"""Dask distributed: a local cluster of one worker with two threads, or of two workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import distributed
from _measure import Work, main


def noop(index: int) -> int:
    return index


def next_one(index: int) -> int:
    return index + 1


@contextmanager
def cluster(processes: bool) -> Iterator[distributed.Client]:
    workers, threads = (2, 1) if processes else (1, 2)
    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=threads,
            processes=processes,
            host="127.0.0.1" if processes else None,  # in one process it opens no socket
            dashboard_address=None,
        ) as local,
        distributed.Client(local) as client,
    ):
        yield client


@contextmanager
def fan(processes: bool = False) -> Iterator[Work]:
    with cluster(processes) as client:

        def work(n: int) -> Callable[[], int]:
            results = client.gather(client.map(noop, range(n), pure=False))
            return lambda: len(results)

        yield work


@contextmanager
def chain() -> Iterator[Work]:
    with cluster(processes=False) as client:

        def work(n: int) -> Callable[[], int]:
            future = client.submit(next_one, 0, pure=False)
            for _ in range(n - 1):
                future = client.submit(next_one, future, pure=False)
            value = int(future.result())
            return lambda: value

        yield work


if __name__ == "__main__":
    main(
        "dask",
        distributed.__version__,
        {
            "fan": "one worker, two threads of one process, nothing kept",
            "chain": "one worker, two threads of one process, nothing kept",
            "processes": "two worker processes, nothing kept",
        },
        {"fan": fan, "chain": chain, "processes": lambda: fan(processes=True)},
    )
