"""The test's side of the fault proxy."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.kubeapi import until
from tests.cluster.shell import ClusterError


@dataclass(frozen=True)
class ProxyClient:
    """Orders to a running fault proxy.

    Attributes
    ----------
    control
        The proxy's control socket.
    kubeconfig
        A kubeconfig that leads through the proxy, as the administrator.
    """

    control: Path
    kubeconfig: Path

    def add(self, action: str, **rule: Any) -> int:
        """Add a rule (see :class:`tests.cluster.proxy.rules.Rule`); its number."""
        return int(self._order(do="add", rule={"action": action, **rule}))

    @contextmanager
    def rule(self, action: str, **rule: Any) -> Iterator[int]:
        """A rule that lasts as long as the block."""
        number = self.add(action, **rule)
        try:
            yield number
        finally:
            self.remove(number)

    def remove(self, number: int | None = None) -> None:
        """Remove one rule, or all; what they hold goes on."""
        self._order(do="remove", number=number)

    def release(self, number: int, *, drop: bool = False) -> None:
        """Let go of what a rule holds: go on with it, or drop it."""
        self._order(do="release", number=number, drop=drop)

    def cut_watches(self, path: str = "") -> int:
        """Break the open watches whose address matches; how many there were."""
        return int(self._order(do="cut", path=path))

    def rules(self) -> list[dict[str, Any]]:
        """All rules with their counts."""
        return list(self._order(do="rules"))

    def hits(self, number: int) -> int:
        """How often a rule has hit."""
        return next(int(rule["hit"]) for rule in self.rules() if rule["number"] == number)

    def wait_hit(self, number: int, times: int = 1, timeout: float = 30) -> None:
        """Wait until a rule has hit so often."""
        what = f"rule {number} hits {times} times"
        until(what, lambda: self.hits(number) >= times, timeout=timeout, every=0.02)

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """The requests the proxy has seen, from the one behind number ``after``."""
        return list(self._order(do="log", after=after))

    def _order(self, **order: Any) -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(10)
            connection.connect(str(self.control))
            connection.sendall(json.dumps(order).encode() + b"\n")
            answer = json.loads(connection.makefile().readline())
        if "error" in answer:
            raise ClusterError(f"the fault proxy refuses: {answer['error']}")
        return answer["ok"]
