"""A program as users write it."""

from fairlead import Client, ExecutionContext, Task


class Square(Task):
    number: int

    def execute(self, context: ExecutionContext) -> int:
        print("squaring", self.number)
        return self.number**2


class Sum(Task):
    parts: list[int]

    def execute(self, context: ExecutionContext) -> int:
        context.logger.info("Computed sum of squares", result=sum(self.parts))
        return sum(self.parts)


class SumOfSquares(Task):
    numbers: list[int]

    def execute(self, context: ExecutionContext) -> object:
        if not self.numbers:
            raise ValueError("no numbers")
        squares = context.submit_subtasks([Square(number) for number in self.numbers])
        return context.submit_subtask(Sum([square.value for square in squares]))


if __name__ == "__main__":
    job = Client().jobs().submit("squares", SumOfSquares([3, 4]))
    print(job.wait().result)
