"""``FutureTask``: the handle on a task that was submitted and will run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from fairlead.sdk.references import Reference

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from fairlead.sdk.attempt import Upstream

R_co = TypeVar("R_co", covariant=True)


class FutureTask(Reference, Generic[R_co]):
    """A task that was submitted, and its result to be.

    Given as a field's value to another task, or as its dependency, it makes that task
    wait; the field then gets the result.

    Attributes
    ----------
    id
        The task's id, 25 lower-case letters and digits.
    owner, position, optional
        For the submission that made it: itself, the task's place in it, and whether the
        job goes on without the task.
    known
        What the task ended with, where the future was handed to a task that ran after it.
    """

    __slots__ = ("id", "known", "optional", "owner", "position")

    def __init__(
        self,
        id: str,
        owner: object = None,
        position: int = -1,
        optional: bool = False,
        known: Upstream | None = None,
    ) -> None:
        self.id = id
        self.owner = owner
        self.position = position
        self.optional = optional
        self.known = known

    @property
    def value(self) -> R_co:
        """The future itself, with the type of its result, for type checkers.

        ``Sum([square.value for square in squares])`` is what ``Sum(squares)`` means.
        """
        return cast("R_co", self)

    def __repr__(self) -> str:
        return f"FutureTask({self.id!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.json_or_python_schema(
            json_schema=core_schema.with_info_plain_validator_function(_from_context),
            python_schema=core_schema.is_instance_schema(Reference),
        )


def _from_context(value: Any, info: Any) -> Any:
    """Return the future whose id stands in the JSON; the decoder hands them over."""
    futures = info.context or {}
    if value in futures:
        return futures[value]
    raise ValueError("a future of another task")
