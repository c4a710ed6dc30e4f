"""How often the operator asks the API server whether it can work."""

from __future__ import annotations

from fairlead_operator.monitor import LOOK_SECONDS, THOROUGH_SECONDS, Cadence


class Looks:
    """Looks as the monitor does, every few seconds of a clock of its own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._cadence = Cadence(lambda: self.now)

    def thorough(self, *, fit: bool = True, forbidden: int = 0) -> bool:
        self.now += LOOK_SECONDS
        return self._cadence.thorough(fit=fit, forbidden=forbidden)


def test_at_first_and_while_something_is_wrong_everything_is_asked() -> None:
    looks = Looks()
    assert [looks.thorough(fit=False) for _ in range(4)] == [True] * 4
    assert not looks.thorough()


def test_now_and_then_everything_is_asked_in_any_case() -> None:
    looks = Looks()
    looks.thorough(fit=False)
    an_hour = [looks.thorough() for _ in range(int(3600 / LOOK_SECONDS))]
    assert sum(an_hour) == 3600 / THOROUGH_SECONDS


def test_a_request_that_was_forbidden_is_a_reason_to_ask() -> None:
    looks = Looks()
    looks.thorough(fit=False)
    assert not looks.thorough()
    assert looks.thorough(forbidden=1)
    assert not looks.thorough(forbidden=1)


def test_a_quota_that_forbids_all_the_time_is_no_reason_to_ask_all_the_time() -> None:
    looks = Looks()
    looks.thorough(fit=False)
    an_hour = range(1, int(3600 / LOOK_SECONDS) + 1)
    asked = sum(looks.thorough(forbidden=number) for number in an_hour)
    assert 3600 / THOROUGH_SECONDS <= asked <= 3 * 3600 / THOROUGH_SECONDS
