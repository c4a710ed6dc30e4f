"""Tasks that share bytes through the job's cache."""

from __future__ import annotations

from typing import Any

from fairlead import ExecutionContext, Task


class Squared(Task):
    number: int

    def execute(self, context: ExecutionContext) -> None:
        context.job_cache.group("squares")[str(self.number)] = str(self.number**2).encode()


class SumOfCache(Task):
    def execute(self, context: ExecutionContext) -> int:
        group = context.job_cache.group("squares")
        return sum(int(group[key].decode()) for key in group)


class SquaresInCache(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext) -> Any:
        squares = context.submit_subtasks([Squared(number) for number in self.numbers])
        return context.submit_subtask(SumOfCache(), depends_on=squares)


class Groups(Task):
    def execute(self, context: ExecutionContext) -> dict[str, Any]:
        cache = context.job_cache
        cache["a"] = b"1"
        cache["b"] = bytearray(b"2")
        cache.group("g")["x"] = b"3"
        cache["g/h/y"] = b"4"
        found: dict[str, Any] = {
            "keys": list(cache),
            "group": list(cache.group("g")),
            "inner": list(cache.group("g").group("h")),
            "whole": cache["a"].decode(),
        }
        try:
            cache["missing"]
        except KeyError:
            found["missing"] = "KeyError"
        not_bytes: Any = "text"
        try:
            cache["a"] = not_bytes
        except TypeError:
            found["not bytes"] = "TypeError"
        return found


class ReadsOwn(Task):
    def execute(self, context: ExecutionContext) -> Any:
        context.job_cache["k"] = b"1"
        context.job_cache["k"] = b"2"
        return [context.job_cache["k"].decode(), list(context.job_cache)]


class Look(Task):
    def execute(self, context: ExecutionContext) -> list[str]:
        return list(context.job_cache)


class Reports(Task):
    def execute(self, context: ExecutionContext) -> list[str]:
        return list(context.job_cache)


class WriteThenFail(Task):
    def execute(self, context: ExecutionContext) -> Any:
        attempt = context.current_task.attempt
        context.job_cache[f"attempt {attempt}"] = b""
        if attempt == 1:
            raise ValueError("once")
        return [list(context.job_cache), context.submit_subtask(Look())]


class CountedWrites(Task):
    writes: bool = True

    def execute(self, context: ExecutionContext) -> Any:
        before = [context.submit_subtask(ReadsOwn())] if self.writes else []
        return context.submit_subtask(Look(), depends_on=before)
