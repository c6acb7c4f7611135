"""A small application with the interface and nothing behind it, so that a component is tested by itself."""

from types import SimpleNamespace

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from backoffice.permissions import Permission
from backoffice.web.components_page import components_blueprint
from backoffice.web.interface import init_interface
from backoffice.web.navigation import NavItem, register


def _nothing() -> str:
    return ""


@pytest.fixture
def interface() -> Flask:
    app = Flask("backoffice", template_folder="../templates", static_folder="static")
    app.config.update(
        SECRET_KEY="for tests",
        TESTING=True,
        DRAWN_VERIFIED=True,
        BACKOFFICE_SETTINGS=SimpleNamespace(timezone="Asia/Shanghai", currency="CNY"),
    )
    app.jinja_env.undefined = StrictUndefined
    Babel(app)
    CSRFProtect(app)
    init_interface(app)
    accounts = Blueprint("accounts", __name__)
    accounts.add_url_rule("/sign-out", "sign_out", _nothing, methods=["POST"])
    accounts.add_url_rule("/preferences", "set_preferences", _nothing, methods=["POST"])
    accounts.add_url_rule("/settings", "settings", _nothing)
    accounts.add_url_rule("/shortcuts", "shortcuts", _nothing)
    app.register_blueprint(accounts)
    # Where the keyboard's places lead.
    for name, page in (("review", "queue"), ("portal", "invoices"), ("sla", "dashboard")):
        places = Blueprint(name, __name__)
        places.add_url_rule(f"/{name}", page, _nothing)
        app.register_blueprint(places)
    app.register_blueprint(components_blueprint)
    register(
        app,
        NavItem("dev_components.show", "Queue", "inbox", Permission.SEE_QUEUE, count=lambda: 14, order=1),
        NavItem("dev_components.show", "Mine", "inbox", Permission.SEE_QUEUE, args={"view": "mine"}, order=2),
        NavItem(
            "accounts.settings", "Audit", "inbox", Permission.SEE_AUDIT, count=lambda: 1200, group="Watch", order=3
        ),
    )
    return app


@pytest.fixture
def client(interface: Flask) -> FlaskClient:
    return interface.test_client()
