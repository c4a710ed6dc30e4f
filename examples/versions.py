"""Task classes: identifiers of your own, and which version of a task runs which."""

from fairlead import Client, ConflictingDefinitionError, ExecutionContext, Task, TaskDefinitionError


class MyTask(Task):
    """Without an identifier of its own: the class's name, and v0.0."""

    def execute(self, context: ExecutionContext) -> str:
        return context.current_task.display


class Renamed(Task):
    """The identifier stays when the class is renamed."""

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/workflow/MyTask", "v1.0"

    def execute(self, context: ExecutionContext) -> str:
        return context.current_task.display


class Old(Task):
    """Version 1.3 of a task: what some program submits."""

    @classmethod
    def identifier(cls) -> tuple[str, str]:
        return "example.com/workflow/Resample", "v1.3"

    def execute(self, context: ExecutionContext) -> str:
        return "ran as v1.3"


class OlderMinor(Task):
    @classmethod
    def identifier(cls) -> tuple[str, str]:
        return "example.com/workflow/Resample", "v1.2"

    def execute(self, context: ExecutionContext) -> str:
        return "ran as v1.2"


class NewerMinor(Task):
    @classmethod
    def identifier(cls) -> tuple[str, str]:
        return "example.com/workflow/Resample", "v1.5"

    def execute(self, context: ExecutionContext) -> str:
        return "ran as v1.5"


class NewerMajor(Task):
    @classmethod
    def identifier(cls) -> tuple[str, str]:
        return "example.com/workflow/Resample", "v2.5"

    def execute(self, context: ExecutionContext) -> str:
        return "ran as v2.5"


class Twice(Task):
    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/workflow/Twice", "v1.0"

    def execute(self, context: ExecutionContext) -> None: ...


class TwiceAgain(Task):
    """Another definition under the very same identifier and version."""

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "example.com/workflow/Twice", "v1.0"

    def execute(self, context: ExecutionContext) -> None: ...


def submit_and_run(*runs: type[Task]) -> None:
    """Submit version 1.3, and run it with a runner that has these tasks."""
    client = Client()
    job = client.jobs().submit("resample", Old())
    client.runner(tasks=runs).run_all()
    names = " and ".join(run.identifier()[1] for run in runs)
    if job.state.value == "COMPLETED":
        print(f"submitted v1.3, runner has {names}: {job.result}")
    else:
        print(f"submitted v1.3, runner has {names}: {job.state.value}")
        print("   ", job.tasks()[0].reason)
        client.jobs().cancel(job)


if __name__ == "__main__":
    print(*MyTask.identifier())
    print(*Renamed.identifier())
    first, second = Client().jobs().submit("named", [MyTask(), Renamed()]).result
    print(f"shown as {first} and {second}")

    submit_and_run(Old)
    submit_and_run(NewerMinor)
    submit_and_run(OlderMinor)
    submit_and_run(NewerMajor)
    submit_and_run(OlderMinor, Old, NewerMinor, NewerMajor)

    try:
        Client().runner(tasks=[Twice, TwiceAgain])
    except ConflictingDefinitionError as error:
        print("error:", error)
    try:

        class Wrong(Task):
            @staticmethod
            def identifier() -> tuple[str, str]:
                return "example.com/workflow/Wrong", "1.0.2"

            def execute(self, context: ExecutionContext) -> None: ...

    except TaskDefinitionError as error:
        print("error:", error)
