"""Session style: functions that are called, or started one by one in a session.

There is no ``__main__`` guard: a worker that imports this program stops at the first
call that would start work.
"""

import time

from fairlead.sessions import Session, TaskControl, task


@task
def add_numbers(a: int, b: int) -> int:
    return a + b


@task
def process_data(tc: TaskControl, items: list[int]) -> dict[str, object]:
    tc.log("Starting", level="info")
    done = []
    for number, item in enumerate(items, start=1):
        done.append(item)
        tc.update_progress(100 * number / len(items), f"item {number} of {len(items)}")
    tc.update_status("All items are processed")
    return {"processed": len(done), "items": done}


@task(name="long_running", size="medium", timeout=60)
def long_running_task(tc: TaskControl, count: int) -> str:
    for item in range(count):
        if tc.should_stop:
            tc.log("Asked to stop", "warning", item=item)
            return "Cancelled"
        time.sleep(0.002)
        tc.update_progress((item + 1) / count * 100)
    return f"Processed {count} items"


@task
def failing_task(message: str) -> None:
    raise ValueError(message)


# Called, a task function runs at once, without a session.
print(add_numbers(2, 3), process_data([7]))

with Session() as session:
    instance = process_data.instance()
    future = instance.start([1, 2, 3, 4, 5])
    print(future.result())
    print("done:", future.done, future.status, future.error)

with Session(name="long tasks"):
    print(long_running_task.instance().start(10).result())

    # A task that is asked to stop may return what it has; that is its result.
    instance = long_running_task.instance()
    future = instance.start(100_000)
    print("before:", future.done, future.status in ("pending", "running"))
    while future.status != "running":
        time.sleep(0.002)
    instance.stop()
    print(future.result(timeout=30), future.status)

    # A failed task raises its own exception where its result is asked for.
    future = failing_task.instance().start("Simulated error")
    try:
        future.result()
    except ValueError as error:
        print("raised:", repr(error))
    print("failed:", future.status, repr(future.error), future.done)

print("other instances are not disturbed by that")
