"""Flask extensions: created here once, bound to an application in `create_app`."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_mail import Mail
from flask_migrate import Migrate
from flask_wtf import CSRFProtect

from backoffice.catalogues import Catalogues
from backoffice.database import db

__all__ = ["babel", "csrf", "db", "limiter", "login_manager", "mail", "migrate"]

migrate = Migrate()
login_manager = LoginManager()
mail = Mail()
csrf = CSRFProtect()
babel = Catalogues()
# Per process and in memory: it slows a flood down. The lockout of accounts lives in the database (accounts).
limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])
