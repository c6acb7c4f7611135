"""Who may enter: every view says so, anonymous people are led to sign in, wrong roles are refused."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask, Request
from flask_login import LoginManager

from backoffice.errors import Forbidden
from backoffice.permissions import Actor, Permission, Role
from backoffice.web.guards import (
    PUBLIC,
    SIGNED_IN,
    assert_every_route_guarded,
    current_actor,
    guard,
    init_guards,
    requirement_of,
    safe_target,
    same_site_path,
)


class Person:
    """What guards ask of whoever is signed in."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, role: Role) -> None:
        self.role = role

    def get_id(self) -> str:
        return self.role

    def can(self, permission: Permission) -> bool:
        return self.actor().can(permission)

    def actor(self, via: str = "web", address: str | None = None) -> Actor:
        return Actor(7, "Somebody", self.role, None, via, address)


@pytest.fixture
def app() -> Flask:
    """Four rooms; the header X-Role says who is at the door."""
    app = Flask(__name__)
    app.secret_key = "test"
    manager = LoginManager(app)

    @manager.request_loader
    def load(request: Request) -> Person | None:
        role = request.headers.get("X-Role")
        return Person(Role(role)) if role else None

    rooms = Blueprint("accounts", __name__)
    rooms.get("/login", endpoint="login")(guard(PUBLIC)(lambda: "sign in"))
    rooms.get("/settings", endpoint="settings")(guard(SIGNED_IN)(lambda: "settings"))
    rooms.route("/queue", endpoint="queue", methods=["GET", "POST"])(guard(Permission.SEE_QUEUE)(lambda: "queue"))
    either = guard(Permission.DECIDE, Permission.SEE_OWN_INVOICES)
    rooms.get("/document", endpoint="document")(either(lambda: "document"))
    rooms.get("/whoami", endpoint="whoami")(guard(SIGNED_IN)(lambda: repr(current_actor())))
    app.register_blueprint(rooms)
    app.register_error_handler(Forbidden, lambda error: ("refused", 403))
    init_guards(app)
    return app


def test_anonymous_people_are_led_to_sign_in_and_back(app: Flask) -> None:
    answer = app.test_client().get("/queue?status=pending&page=2")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/queue?status%3Dpending%26page%3D2"


def test_an_anonymous_form_leads_back_to_the_page_it_came_from(app: Flask) -> None:
    client = app.test_client()
    own = client.post("/queue", headers={"Referer": "http://localhost/queue?page=2#top"})
    assert own.headers["Location"] == "/login?next=/queue?page%3D2"
    foreign = client.post("/queue", headers={"Referer": "http://evil.example/queue"})
    assert foreign.headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("path", "role", "status"),
    [
        ("/login", None, 200),
        ("/settings", Role.CUSTOMER, 200),
        ("/queue", Role.REVIEWER, 200),
        ("/queue", Role.CUSTOMER, 403),
        ("/queue", Role.ADMINISTRATOR, 403),
        ("/document", Role.CUSTOMER, 200),
        ("/document", Role.REVIEWER, 200),
        ("/document", Role.AUDITOR, 403),
        ("/nowhere", None, 404),
    ],
)
def test_a_permission_opens_the_door_and_nothing_else_does(
    app: Flask, path: str, role: Role | None, status: int
) -> None:
    answer = app.test_client().get(path, headers={"X-Role": role} if role else {})
    assert answer.status_code == status


def test_an_unguarded_endpoint_is_found_when_the_application_is_built(app: Flask) -> None:
    assert_every_route_guarded(app)
    # Flask forbids new routes after the first request; this one comes before.
    app.get("/forgotten", endpoint="forgotten")(lambda: "secret")
    with pytest.raises(RuntimeError, match="forgotten"):
        assert_every_route_guarded(app)


def test_an_unguarded_endpoint_stays_shut_even_for_the_signed_in(app: Flask) -> None:
    app.get("/forgotten", endpoint="forgotten")(lambda: "secret")
    answer = app.test_client().get("/forgotten", headers={"X-Role": Role.ADMINISTRATOR})
    assert (answer.status_code, answer.text) == (403, "refused")


def test_static_files_are_open_and_unknown_endpoints_are_not(app: Flask) -> None:
    assert requirement_of(app, "static") is PUBLIC
    assert requirement_of(app, "no.such") is None


@pytest.mark.parametrize("wrong", [(), (PUBLIC, Permission.DECIDE), (PUBLIC, SIGNED_IN), ("see the queue",)])
def test_a_guard_says_one_clear_thing(wrong: tuple[object, ...]) -> None:
    with pytest.raises(TypeError):
        guard(*wrong)  # type: ignore[arg-type]


def test_the_actor_carries_person_and_address(app: Flask) -> None:
    answer = app.test_client().get("/whoami", headers={"X-Role": Role.REVIEWER})
    assert answer.text == repr(Actor(7, "Somebody", Role.REVIEWER, None, "web", "127.0.0.1"))


@pytest.mark.parametrize(
    "target", ["/", "/invoices", "/invoices?status=pending&q=%E5%8D%95", "/review/IR-20261123-1#facts"]
)
def test_paths_of_this_site_are_followed(target: str) -> None:
    assert safe_target(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None, "", "invoices", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example",
        "\\\\evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/\x00", "javascript:alert(1)",
        "/" + "a" * 2001, "http:/evil.example", "/a b", "/\r\nSet-Cookie: x=1",
    ],
)  # fmt: skip
def test_other_places_are_not_followed(target: str | None) -> None:
    assert safe_target(target) is None


def test_a_referer_that_only_begins_like_ours_is_foreign() -> None:
    assert same_site_path("http://localhost.evil.example/x", "http://localhost/") is None
    assert same_site_path("http://localhost//evil.example", "http://localhost/") is None
    assert same_site_path("http://localhost/x?y=1", "http://localhost/") == "/x?y=1"
