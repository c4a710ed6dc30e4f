"""Task classes whose ``execute`` is a coroutine; values that travel between tasks."""

import asyncio

from fairlead import Client, ExecutionContext, FutureTask, Task

DELAYS = {"north": 0.03, "south": 0.01, "east": 0.02}


class Measure(Task):
    """Waits for several stations at a time, inside one task."""

    stations: list[str]

    async def execute(self, context: ExecutionContext) -> dict[str, int]:
        async with asyncio.TaskGroup() as group:
            asked = {name: group.create_task(ask(name)) for name in self.stations}
        return {name: answer.result() for name, answer in asked.items()}


async def ask(station: str) -> int:
    await asyncio.sleep(DELAYS[station])
    return len(station) * 10


class Mean(Task):
    values: dict[str, int]

    async def execute(self, context: ExecutionContext) -> float:
        await asyncio.sleep(0)
        return sum(self.values.values()) / len(self.values)


class Survey(Task):
    """Returns the future of a subtask, whose result is then its own."""

    async def execute(self, context: ExecutionContext) -> FutureTask[float]:
        measured = context.submit_subtask(Measure(list(DELAYS)))
        return context.submit_subtask(Mean(measured.value))


if __name__ == "__main__":
    client = Client()
    job = client.jobs().submit("survey", Survey())
    client.runner(tasks=[Survey, Measure, Mean]).run_all()
    print("mean:", round(job.result, 3))
    print(*(f"{task.display} {task.state.value}" for task in job.tasks()), sep="\n")
