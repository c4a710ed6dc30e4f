"""Ray: two worker processes for every kind, because it has no mode inside one process."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import ray
from _measure import Work, main


@ray.remote
def noop(index: int) -> int:
    return index


@ray.remote
def next_one(index: int) -> int:
    return index + 1


@contextmanager
def cluster() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # sockets: short paths
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=200_000_000,
            _node_ip_address="127.0.0.1",
            _temp_dir=folder,
        )
        try:
            yield
        finally:
            ray.shutdown()


@contextmanager
def fan() -> Iterator[Work]:
    def work(n: int) -> Callable[[], int]:
        results = ray.get([noop.remote(i) for i in range(n)])
        return lambda: len(results)

    yield work


@contextmanager
def chain() -> Iterator[Work]:
    def work(n: int) -> Callable[[], int]:
        value = next_one.remote(0)
        for _ in range(n - 1):
            value = next_one.remote(value)
        result = int(ray.get(value))
        return lambda: result

    yield work


if __name__ == "__main__":
    how = "two worker processes, nothing kept"
    with cluster():
        main(
            "ray",
            ray.__version__,
            {"fan": how, "chain": how, "processes": how},
            {"fan": fan, "chain": chain, "processes": fan},
        )
