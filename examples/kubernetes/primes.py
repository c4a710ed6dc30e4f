"""The code behind `primes.yaml`: primes are counted in parts, and two counts are compared.

fairlead releases publish primes.py
kubectl apply -f primes.yaml
kubectl wait --for=condition=Finished fljob/primes --timeout=5m
"""

from __future__ import annotations

from itertools import pairwise
from math import log

from fairlead import ExecutionContext, Task


class CountPrimes(Task):
    """Counts the primes below a number, in parts of equal length."""

    below: int
    parts: int = 4

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/CountPrimes", "v1.0"

    def execute(self, context: ExecutionContext) -> object:
        edges = [self.below * part // self.parts for part in range(self.parts + 1)]
        ranges = [CountRange(first, end) for first, end in pairwise(edges)]
        counts = context.submit_subtasks(ranges, max_retries=2)
        return context.submit_subtask(Add([count.value for count in counts]))


class CountRange(Task):
    """Counts the primes of a range, by a sieve."""

    first: int
    end: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/CountRange", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        context.current_task.display = f"{self.first} to {self.end}"
        prime = bytearray([1]) * (self.end - self.first)
        for divisor in range(2, int(self.end**0.5) + 1):
            multiple = max(divisor * divisor, -(-self.first // divisor) * divisor)
            prime[multiple - self.first :: divisor] = bytes(len(range(multiple, self.end, divisor)))
        found = sum(prime) - sum(1 for number in (0, 1) if self.first <= number < self.end)
        context.logger.info("counted", first=self.first, end=self.end, primes=found)
        return found


class Add(Task):
    """Adds up counts."""

    counts: list[int]

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Add", "v1.0"

    def execute(self, context: ExecutionContext) -> int:
        return sum(self.counts)


class Compare(Task):
    """Compares a count with what the prime number theorem lets one expect."""

    below: int
    primes: int

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Compare", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        expected = self.below / (log(self.below) - 1)
        return f"{self.primes} primes below {self.below}; about {expected:.0f} were expected"
