"""Flask extensions: created here once, bound to an application in `create_app`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_mail import Mail
from flask_wtf import CSRFProtect

from backoffice.catalogues import Catalogues
from backoffice.database import db

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["babel", "csrf", "db", "limiter", "login_manager", "mail", "migrate"]


class Migrations:
    """Flask-Migrate, loaded when a command asks for it: Alembic takes 8 MiB, and no web process or worker migrates."""

    def __init__(self) -> None:
        self.db: Any = None
        self.directory = ""

    def init_app(self, app: Flask, db: Any, *, directory: str) -> None:
        """Let the commands of `flask_migrate` find what they migrate, and how, in `app`."""
        self.db, self.directory = db, directory
        app.extensions["migrate"] = self

    @cached_property
    def migrate(self) -> Any:
        """What the commands ask: where the revisions are."""
        from flask_migrate import Migrate

        return Migrate(db=self.db, directory=self.directory)


migrate = Migrations()
login_manager = LoginManager()
mail = Mail()
csrf = CSRFProtect()
babel = Catalogues()
# Per process and in memory: it slows a flood down. The lockout of accounts lives in the database (accounts).
limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])
