"""Settings: typed, read from the environment (prefix BACKOFFICE_), every bad value reported at once at start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
# Never printed: whoever reads a terminal over a shoulder need not know them.
SECRETS = frozenset({"secret_key", "secret_key_fallbacks", "database_url", "mail_password"})
DEMO_SECRET = "demo mode only: anybody can read this key"  # noqa: S105 - refused outside demo mode


class Settings(BaseSettings):
    """Every knob of an installation. `backoffice config` lists them with their values."""

    model_config = SettingsConfigDict(env_prefix="BACKOFFICE_", extra="ignore", frozen=True)

    demo: bool = Field(False, description="demo people, the mail page and the components page")
    secret_key: SecretStr = Field(
        SecretStr(""), description="signs cookies and CSRF tokens; required outside demo mode"
    )
    secret_key_fallbacks: list[str] = Field([], description="former keys, still accepted while they are rotated out")
    instance_path: Path = Field(ROOT / "instance", description="databases, documents, caught mail, caches")
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in the instance folder")
    external_url: str = Field("http://127.0.0.1:8000", description="address people use; links in mails begin with it")
    trusted_hosts: list[str] = Field([], description="host names the web answers to; empty: any (unsafe)")
    proxy_hops: int = Field(0, ge=0, le=5, description="reverse proxies in front whose X-Forwarded-* is believed")
    secure_cookies: bool = Field(False, description="send cookies over HTTPS only, with the __Host- prefix")

    timezone: str = Field("Asia/Shanghai", description="IANA name of the zone in which dates are dates")
    country: str = Field("CN", pattern="^[A-Z]{2}$", description="ISO 3166 country of the business calendar")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$", description="ISO 4217 code; one installation has one currency")
    default_locale: Literal["en", "zh"] = Field("en", description="language before a person has chosen one")
    sla_business_days: int = Field(5, ge=1, le=60, description="first policy row: business days until overdue")
    undo_seconds: int = Field(10, ge=0, le=3600, description="how long the worker waits before it issues an approval")

    mail_server: str = Field("127.0.0.1", description="SMTP server")
    mail_port: Annotated[int, Field(ge=1, le=65535)] = Field(8025, description="its port")
    mail_security: Literal["none", "starttls", "tls"] = Field("none", description="how the connection is encrypted")
    mail_ca_file: Path | None = Field(None, description="certificate authority of the mail server, if not a public one")
    mail_username: str = Field("", description="SMTP user; empty: no sign-in")
    mail_password: SecretStr = Field(SecretStr(""), description="SMTP password")
    mail_default_sender: str = Field("invoices@backoffice.example", description="From of every mail")
    mail_link_days: int = Field(
        14, ge=0, le=365, description="how long the link to a mail's document works without signing in; 0: no link"
    )
    mail_returned: Path = Field(
        Path("returned"),
        description="Maildir with the mail that comes back to the sender; without a leading / in the instance folder",
    )
    mail_timeout_seconds: float = Field(10, gt=0, le=120, description="silence after which a connection is dropped")
    mail_deadline_seconds: float = Field(30, gt=0, le=600, description="longest time one delivery may take in all")

    session_idle_minutes: int = Field(120, ge=1, description="a sign-in ends after this silence")
    session_absolute_hours: int = Field(24, ge=1, description="and after this long in any case")
    max_upload_bytes: int = Field(
        12 * 1024 * 1024,
        ge=1024,
        description="largest request body; files of an import and of an application have limits of their own",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least severe line logged")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        # Opened, not looked up among `available_timezones()`: that reads the head of every file of the zone database.
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not an IANA time zone, for example Asia/Shanghai") from None
        return value

    @field_validator("instance_path")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @field_validator("external_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _psycopg_3(cls, value: str) -> str:
        # People paste the address their provider shows; SQLAlchemy would look for another driver.
        for prefix in ("postgres://", "postgresql://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        if value and not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("must begin with sqlite:/// or postgresql://")
        return value

    @model_validator(mode="after")
    def _secret_outside_demo(self) -> Settings:
        if not self.demo and len(self.secret_key.get_secret_value()) < 32:
            raise ValueError("BACKOFFICE_SECRET_KEY must be set to at least 32 characters outside demo mode")
        return self

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL with the default filled in."""
        return self.database_url or f"sqlite:///{self.instance_path / 'backoffice.sqlite'}"

    @property
    def returned_maildir(self) -> Path:
        """Where mail that came back is found."""
        return self.instance_path / self.mail_returned.expanduser()

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.url.startswith("sqlite")

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which calendar dates are dates."""
        return ZoneInfo(self.timezone)

    @property
    def key(self) -> str:
        """The signing key; demo mode has a published one."""
        return self.secret_key.get_secret_value() or DEMO_SECRET


class SettingsError(SystemExit):
    """The environment does not describe an installation; the text lists every fault."""


def load(**overrides: object) -> Settings:
    """Read the settings from the environment; `overrides` win (tests, the supervisor).

    Raises SettingsError with one line for each bad value.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"  {_variable(fault['loc'])}{fault['msg'].removeprefix('Value error, ')}" for fault in error.errors()]
        raise SettingsError("The settings are not usable:\n" + "\n".join(lines)) from None


def _variable(location: tuple[int | str, ...]) -> str:
    return f"BACKOFFICE_{str(location[0]).upper()}: " if location else ""
