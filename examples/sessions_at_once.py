"""Session style: many instances at a time, limits, futures as values, errors."""

import asyncio
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.sessions import (
    Future,
    MaxInstancesReachedError,
    Session,
    SessionNotFoundError,
    Task,
    TaskCancelledError,
    TaskControl,
    TaskError,
    TaskInstance,
    task,
)


@task(max_parallel=3)
def double(folder: str, number: int) -> int:
    """Notes how many of its kind run while it does; the first two wait for each other."""
    begun, running = Path(folder, f"begun-{number}"), Path(folder, f"running-{number}")
    running.touch()
    begun.touch()
    while number < 2 and not Path(folder, f"begun-{1 - number}").exists():
        time.sleep(0.002)
    together = len(list(Path(folder).glob("running-*")))
    Path(folder, f"saw-{together}-{number}").touch()
    running.unlink()
    return 2 * number


@task
def batch(folder: str, number: int) -> str:
    """One at a time, for ``max_parallel`` is 1 in a session unless it says otherwise."""
    order = Path(folder, "order")
    order.write_text((order.read_text() if order.exists() else "") + f"{number} ")
    return f"batch {number}"


@task(max_parallel=5)
async def wait_and_double(number: int) -> int:
    await asyncio.sleep(0.01)
    return 2 * number


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task(max_parallel=2)
def until(tc: TaskControl, file: str) -> str:
    while not Path(file).exists() and not tc.should_stop:
        time.sleep(0.002)
    return "went on"


@task
def wrong_progress(tc: TaskControl) -> None:
    tc.update_progress(101)


def attempt(what: str, call: object) -> None:
    try:
        print(f"{what}:", call())  # type: ignore[operator]
    except Exception as error:
        print(f"{what}: {type(error).__name__}: {error}")


async def many() -> list[int]:
    async with Session(name="async"):
        futures = [wait_and_double.instance().start(number) for number in range(5)]
        return [await future for future in futures]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # in a cluster, tasks run under another user's name
        with Session(name="data-processing-batch") as session:
            futures = [session.instance(double).start(folder, number) for number in range(5)]
            print([future.result() for future in futures])
            most = max(int(path.name.split("-")[1]) for path in Path(folder).glob("saw-*"))
            print("more than one at once:", most > 1, "and never more than three:", most <= 3)

            batches = [batch.instance().start(folder, number=number) for number in range(3)]
            print([future.result() for future in batches])
            print("one after the other:", Path(folder, "order").read_text())

            # A future is a dependency and is replaced by its result.
            print("total:", total.instance().start(futures).result())
            print(isinstance(double, Task), isinstance(futures[0], Future))

        print("async:", asyncio.run(many()))

        with Session(queue=False) as session:
            file = str(Path(folder, "go"))
            running = [until.instance().start(file) for _ in range(2)]
            attempt("a third", lambda: until.instance().start(file))
            Path(file).touch()
            print([future.result() for future in running])
            attempt("now", lambda: until.instance().start(file).result())

        never = str(Path(folder, "never"))
        with Session() as session:
            instance: TaskInstance[str] = until.instance()
            attempt("result before the start", lambda: instance.result)
            future = instance.start(never)
            attempt("started twice", lambda: instance.start(never))
            attempt("no time", lambda: future.result(timeout=0.01))
            print("cancel:", future.cancel(), future.status, future.done)
            attempt("cancelled", future.result)
            print("error:", type(future.error).__name__)
            ended = total.instance().start([1])
            print("too late:", ended.result(), ended.cancel(), ended.status)
            attempt("101 percent", wrong_progress.instance().start().result)
            attempt("wrong type", lambda: total.instance().start("abc"))
            attempt("missing", lambda: total.instance().start())

        attempt("no session", total.instance)
        attempt("a session that is over", lambda: session.instance(total))
        with Session(name="inner"):
            attempt("of another session", lambda: total.instance().start([future]))

        try:
            with Session(name="left by an error"):
                future = until.instance().start(never)
                while future.status == "pending":  # only what runs is asked to stop
                    time.sleep(0.02)
                raise KeyError("in the block")
        except KeyError:
            print("left by an error:", future.status)

        seen: list[str] = []
        thread = threading.Thread(target=lambda: seen.append(str(total([1, 2]))))
        thread.start()
        thread.join()
        print("in a thread of the caller's:", *seen)

    errors = (MaxInstancesReachedError, SessionNotFoundError, TaskCancelledError)
    print("all are TaskErrors:", all(issubclass(error, TaskError) for error in errors))
