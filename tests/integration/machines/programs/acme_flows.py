"""A program that lies in an image."""

from fairlead import ExecutionContext, Task


class Where(Task):
    """Say which file the code is from, or what subtasks of the same image say."""

    children: int = 0

    @staticmethod
    def identifier() -> tuple[str, str]:
        return "acme.example/Where", "v1.0"

    def execute(self, context: ExecutionContext) -> object:
        if self.children:
            return context.submit_subtasks([Where() for _ in range(self.children)])
        return __file__
