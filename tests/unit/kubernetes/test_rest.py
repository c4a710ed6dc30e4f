"""The client of the API server: what is repeated, and what a refusal says."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from tests.unit.kubernetes.server import Exchange, Server

from fairlead.backends.kubernetes import rest as module
from fairlead.backends.kubernetes.connection import Connection
from fairlead.backends.kubernetes.errors import (
    ApiError,
    ConflictError,
    ExistsError,
    ForbiddenError,
    GoneError,
    MissingError,
    NotInstalledError,
    RefusedError,
    UnansweredError,
    UnauthorizedError,
)
from fairlead.backends.kubernetes.kinds import JOBS, TASKS, Kind
from fairlead.backends.kubernetes.rest import RestClient
from fairlead.cli.exits import exit_code
from fairlead.errors import BackendUnavailableError, InvalidRequestError, NotFoundError

BODY = {"metadata": {"name": "a"}}


def status(code: int, reason: str = "", message: str = "because", **details: Any) -> Any:
    """Return a script's answer: a refusal of the API server."""
    body = {"kind": "Status", "code": code, "reason": reason, "message": message}
    return lambda exchange: exchange.answer(code, {**body, "details": details})


def ok(**body: Any) -> Any:
    return lambda exchange: exchange.answer(200, body)


def hang_up(exchange: Exchange) -> None:
    exchange.hang_up()


def test_paths() -> None:
    assert JOBS.path("a b") == "/apis/fairlead.dev/v1beta1/namespaces/a%20b/jobs"
    assert TASKS.path("n", "t", "status").endswith("/namespaces/n/tasks/t/status")
    assert Kind("", "v1", "namespaces").path("") == "/api/v1/namespaces"


def test_connections_are_used_again(server: Server, rest: RestClient) -> None:
    server.script = [ok(a=1)]
    for _ in range(3):
        assert rest.get(JOBS, "team", "a") == {"a": 1}

    assert len({exchange.client_address for exchange in server.seen}) == 1


def test_a_listing_goes_through_all_its_pages(server: Server, rest: RestClient) -> None:
    server.script = [
        ok(items=[{"n": 1}], metadata={"continue": "more", "resourceVersion": "5"}),
        ok(items=[{"n": 2}], metadata={"resourceVersion": "5"}),
    ]

    assert rest.list(JOBS, "team", labels="a=b,c in (d)") == [{"n": 1}, {"n": 2}]
    first, second = (exchange.path for exchange in server.seen)
    assert "labelSelector=a%3Db%2Cc+in+%28d%29" in first
    assert "continue=more" in second


def test_a_patch_says_what_it_is(server: Server, rest: RestClient) -> None:
    server.script = [ok()]
    rest.patch(TASKS, "team", "t", {"spec": 1}, part="status")
    rest.request("PATCH", "/x", {}, content_type="application/apply-patch+yaml")

    types = [exchange.headers["Content-Type"] for exchange in server.seen]
    assert types == ["application/merge-patch+json", "application/apply-patch+yaml"]
    assert server.seen[0].path.endswith("/t/status")


@pytest.mark.parametrize(
    "trouble",
    [status(429), status(500), status(503), status(504), hang_up],
    ids=["too many", "500", "503", "504", "hung up"],
)
def test_a_request_is_repeated_while_the_server_has_trouble(
    server: Server, rest: RestClient, trouble: Any
) -> None:
    server.script = [trouble, trouble, ok(a=1)]

    assert rest.get(JOBS, "team", "a") == {"a": 1}
    assert len(server.seen) == 3


def test_an_old_connection_that_was_closed_costs_nothing(server: Server, rest: RestClient) -> None:
    server.script = [ok(a=1), hang_up, ok(a=2)]
    rest.get(JOBS, "team", "a")

    assert rest.get(JOBS, "team", "a") == {"a": 2}


def test_trouble_that_does_not_end_is_told(
    server: Server, rest: RestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    server.script = [status(503, message="etcd leader changed")]

    with pytest.raises(UnansweredError, match=r"cannot answer now \(HTTP 503\): etcd leader"):
        rest.get(JOBS, "team", "a")


class TestCreating:
    def test_what_an_earlier_try_has_made_is_found(self, server: Server, rest: RestClient) -> None:
        server.script = [hang_up, status(409, "AlreadyExists"), ok(made="before")]

        assert rest.create(JOBS, "team", BODY) == {"made": "before"}
        assert [one.command for one in server.seen] == ["POST", "POST", "GET"]

    def test_so_it_is_where_an_old_connection_broke(self, server: Server, rest: RestClient) -> None:
        server.script = [ok(), hang_up, status(409, "AlreadyExists"), ok(made="before")]
        rest.get(JOBS, "team", "a")

        assert rest.create(JOBS, "team", BODY) == {"made": "before"}

    def test_what_somebody_else_has_made_is_an_error(
        self, server: Server, rest: RestClient
    ) -> None:
        server.script = [status(409, "AlreadyExists")]

        with pytest.raises(ExistsError):
            rest.create(JOBS, "team", BODY)


class TestCredentials:
    def test_others_are_asked_for_once(self, server: Server) -> None:
        renewed: list[int] = []

        def renew() -> bool:
            renewed.append(1)
            return True

        connection = server.connection
        connection.renew = renew
        server.script = [status(401), ok(a=1)]

        assert RestClient(connection).get(JOBS, "team", "a") == {"a": 1}
        server.script = [status(401)]
        with pytest.raises(UnauthorizedError, match="Log in"):
            RestClient(connection).get(JOBS, "team", "a")
        assert len(renewed) == 2

    def test_they_go_with_every_request(self, server: Server) -> None:
        tokens = iter("ab")
        connection = server.connection
        connection.headers = lambda: {"Authorization": f"Bearer {next(tokens)}"}
        server.script = [ok()]
        client = RestClient(connection)
        client.get(JOBS, "team", "a")
        client.get(JOBS, "team", "a")

        assert [one.headers["Authorization"] for one in server.seen] == ["Bearer a", "Bearer b"]


REFUSALS = [
    (status(400, "BadRequest", "odd"), RefusedError, InvalidRequestError, "refuses it: odd", 2),
    (
        status(422, "Invalid", "spec.x:\n  must be y"), RefusedError, InvalidRequestError,
        "refuses it: spec.x: must be y", 2,
    ),
    (
        status(403, "Forbidden", 'User "me" cannot create'), ForbiddenError, ForbiddenError,
        r'"me" cannot create\. Ask for the role', 4,
    ),
    (
        status(403, "Forbidden", "exceeded quota: pods"), ForbiddenError, ForbiddenError,
        "quota of the namespace is used up", 4,
    ),
    (
        status(404, "NotFound", 'jobs "a" not found', name="a", kind="jobs"),
        MissingError, NotFoundError, "not found", 3,
    ),
    (
        status(404, "NotFound", "no such resource"), NotInstalledError, BackendUnavailableError,
        r"has no jobs of Fairlead\. .*install", 4,
    ),
    (
        status(404, "NotFound", "no namespace", name="team", kind="namespaces"),
        RefusedError, InvalidRequestError, r"kubectl create namespace team.*FAIRLEAD_NAMESPACE", 2,
    ),
    (status(409, "Conflict"), ConflictError, ConflictError, "because", 4),
    (status(410, "Expired"), GoneError, GoneError, "because", 4),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "cls", "known_as", "says", "code"),
    REFUSALS,
    ids=[
        "bad request", "invalid", "forbidden", "quota", "missing", "not installed", "no namespace",
        "conflict", "gone",
    ],
)  # fmt: skip
def test_a_refusal_says_in_one_line_what_to_do(
    server: Server,
    rest: RestClient,
    answer: Any,
    cls: type[ApiError],
    known_as: type[Exception],
    says: str,
    code: int,
) -> None:
    server.script = [answer]
    with pytest.raises(cls, match=says) as raised:
        rest.create(JOBS, "team", BODY)

    assert isinstance(raised.value, known_as)
    assert "\n" not in str(raised.value)
    assert exit_code(raised.value) == code
    assert len(server.seen) == 1


def test_a_refusal_that_is_no_object_of_the_server(server: Server, rest: RestClient) -> None:
    server.script = [lambda exchange: exchange.answer(403, "a proxy says no")]

    with pytest.raises(ForbiddenError, match="a proxy says no"):
        rest.get(JOBS, "team", "a")


def test_no_server_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PATIENCE", 0.0)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        client = RestClient(Connection("127.0.0.1", port, None, "team", "the cluster x"))

        with pytest.raises(
            UnansweredError, match=r"cannot reach the cluster x: .*KUBECONFIG"
        ) as told:
            client.get(JOBS, "team", "a")
    assert exit_code(told.value) == 4
