"""Tasks that tell what they do."""

from __future__ import annotations

import sys

from fairlead import ExecutionContext, Task

from .steps import wait_for


class Progresses(Task):
    gate: str

    def execute(self, context: ExecutionContext) -> None:
        tiles, rest = context.progress("tiles"), context.progress()
        tiles.add(10)
        rest.add(2)
        tiles.done(5)
        context.current_task.display = "Progresses(half)"
        wait_for(self.gate)
        tiles.done(5)
        rest.done()
        rest.done()
        context.current_task.display = "Progresses(all)"


class OverDone(Task):
    def execute(self, context: ExecutionContext) -> None:
        progress = context.progress("units")
        progress.add(10)
        progress.done(11)


class Logs(Task):
    fails: int = 0

    def execute(self, context: ExecutionContext) -> None:
        log = context.logger
        log.info("News headline", published_at="2024-02-15", title="NASA selects")
        log.warning("careful")
        log.debug("not shown")
        log.info("any key", message=1, event="e", level="mine")
        if context.current_task.attempt <= self.fails:
            raise ValueError("again")


class Prints(Task):
    def execute(self, context: ExecutionContext) -> None:
        print("one")
        print("two", end="")
        print(", and three")
        print("to stderr", file=sys.stderr)


class Spans(Task):
    def execute(self, context: ExecutionContext) -> None:
        with context.tracer.span("fetch-news") as span:
            span.set_attribute("articles", 3)


class LeavesFiles(Task):
    def execute(self, context: ExecutionContext) -> None:
        (context.files / "one.txt").write_text("one")
        deep = context.files / "deep" / "er"
        deep.mkdir(parents=True)
        (deep / "two.bin").write_bytes(bytes(range(256)))
