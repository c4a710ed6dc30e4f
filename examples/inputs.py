"""Task classes: what may be the input of a task, and what is said when it does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from google.protobuf.duration_pb2 import Duration
from pydantic import BaseModel, Field

from fairlead import Client, ExecutionContext, FairleadError, Task


class ParametrizableTask(Task):
    message: str
    number: int
    data: dict[str, str]

    def execute(self, context: ExecutionContext) -> str:
        return f"{self.message} {self.number} {self.data}"


class Mode(Enum):
    DAY = "day"
    NIGHT = "night"


@dataclass
class Point:
    latitude: float
    longitude: float


@dataclass
class Area:
    name: str
    corners: list[Point]


class Limits(BaseModel):
    low: int = 0
    high: int = Field(10, le=100)


class Observe(Task):
    """Takes every kind of input there is."""

    area: Area
    limits: Limits
    mode: Mode
    at: datetime
    day: date
    exposure: Duration
    weights: dict[str, list[float | None]]
    tags: list[str] = []
    dry: bool = False

    def execute(self, context: ExecutionContext) -> dict[str, Any]:
        self.tags.append(self.mode.name)  # the default is copied, so this changes no other task
        return {
            "area": self.area,
            "corner": type(self.area.corners[0]).__name__,
            "limits": self.limits,
            "later": self.at,
            "exposure": self.exposure.seconds,
            "weights": self.weights,
            "tags": self.tags,
            "day": self.day.isoformat(),
        }


def observation(**changed: Any) -> Observe:
    area = Area("bay", [Point(38.5, -9.25), Point(38.75, -9.0)])
    values: dict[str, Any] = {
        "area": area,
        "limits": Limits(high=20),
        "mode": Mode.NIGHT,
        "at": datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
        "day": date(2026, 3, 1),
        "exposure": Duration(seconds=90),
        "weights": {"red": [0.5, None], "blue": [1.0]},
    }
    return Observe(**values | changed)


def refuse(make: Any) -> None:
    try:
        make()
    except (FairleadError, TypeError, ValueError) as error:
        print("error:", error)
    else:
        print("accepted")


if __name__ == "__main__":
    jobs = Client().jobs()
    print(jobs.submit("parameters", ParametrizableTask("Hello", 3, {"key": "value"})).result)
    first, second = jobs.submit("observe", [observation(), observation(mode=Mode.DAY)]).result
    for name, value in first.items():
        print(f"{name}: {value}")
    print("tags of the other:", second["tags"])

    refuse(lambda: ParametrizableTask("Hello", "three", {}))
    refuse(lambda: ParametrizableTask("Hello", 3))
    refuse(lambda: ParametrizableTask("Hello", 3, {}, 4))
    refuse(lambda: ParametrizableTask(mesage="Hello", number=3, data={}))
    refuse(lambda: ParametrizableTask("Hello", 3, {"key": 5}))
    refuse(lambda: observation(area=Area("bay", [Point(38.5, "west")])))  # type: ignore[arg-type]
    refuse(lambda: observation(weights={"red": [float("nan")]}))
    refuse(lambda: observation(mode="night"))
    print("jobs stored:", len(jobs.query()))

    try:

        class Wrong(Task):
            first: int = 1
            second: int

            def execute(self, context: ExecutionContext) -> None: ...

    except FairleadError as error:
        print("error:", error)
