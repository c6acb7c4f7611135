"""Sentences of docs/security.md that no other test stands for."""

from __future__ import annotations

import re

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from tests.support.people import Cast
from tests.support.visitor import Visitor


def test_no_answer_opens_the_site_to_scripts_of_others(app: Flask) -> None:
    foreign = {"Origin": "https://elsewhere.example"}
    for path in ("/login", "/livez", "/static/css/tokens.css", "/nowhere"):
        with app.test_client().get(path, headers=foreign) as answer:
            assert not [name for name, _ in answer.headers if name.lower().startswith("access-control-")], path


def test_every_answer_names_its_type(app: Flask) -> None:
    types = {path: app.test_client().get(path).headers["Content-Type"] for path in ("/login", "/nowhere", "/metrics")}
    assert types == {
        "/login": "text/html; charset=utf-8",
        "/nowhere": "text/html; charset=utf-8",
        "/metrics": "text/plain; version=0.0.4; charset=utf-8",
    }


def test_password_fields_are_masked_and_help_password_managers(app: Flask, cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ada)
    fields = {"/settings": {"old": "current-password", "new": "new-password"}}
    for path, expected in fields.items():
        page = visitor.get(path).text
        for name, purpose in expected.items():
            (control,) = re.findall(rf'<input[^>]*name="{name}"[^>]*>', page)
            assert 'type="password"' in control
            assert f'autocomplete="{purpose}"' in control
            assert "onpaste" not in control


def test_a_cookie_signed_with_another_key_opens_nothing(app: Flask, cast: Cast, visitor: Visitor) -> None:
    visitor.sign_in(cast.ada)
    assert visitor.get("/settings").status_code == 200
    cookie = visitor.client.get_cookie("session")
    assert cookie is not None
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    content = serializer.loads(cookie.value)
    forger = URLSafeTimedSerializer(
        "another key", salt=serializer.salt, serializer=serializer.serializer, signer_kwargs=serializer.signer_kwargs
    )
    visitor.client.set_cookie("session", forger.dumps(content))
    assert visitor.get("/settings").status_code == 302
    visitor.client.set_cookie("session", serializer.dumps(content))
    assert visitor.get("/settings").status_code == 200, "with the right key the same content opens the page"
