"""Customer accounts, users, their sign-ins and the attempts to sign in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from backoffice.database import Amount, Base, Id, Instant, Word
from backoffice.money import ZERO
from backoffice.permissions import Actor, Permission, Role, allowed


class Account(Base):
    """A customer company. Its counters are the ledger's: only `ledger.services` writes them.

    `recharged` is net of `refunded`; `reserved` holds what is `short`, too. `debt` is what was invoiced of money that
    was refunded later.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("code <> ''", name="code_given"),
        CheckConstraint("name <> ''", name="name_given"),
        # `recharged` may fall below what is reserved and invoiced: refunds are never refused.
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        CheckConstraint("invoiced >= 0", name="invoiced_not_negative"),
        CheckConstraint("refunded >= 0 AND debt >= 0", name="refunded_and_debt_not_negative"),
        CheckConstraint("short >= 0 AND short <= reserved", name="short_within_reserved"),
        # Accounts with something for finance to mend are few among many.
        Index("ix_account_debt", "id", sqlite_where=text("debt > 0"), postgresql_where=text("debt > 0")),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    recharged: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    reserved: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    invoiced: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    refunded: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    debt: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    short: Mapped[Decimal] = mapped_column(Amount, default=ZERO)
    # When its money last moved: the journal never runs backwards, even where clocks do.
    moved_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class User(Base):
    """A person who signs in. Customers belong to exactly one account, the back office's people to none."""

    __tablename__ = "app_user"  # plain "user" is a function of PostgreSQL
    __table_args__ = (
        CheckConstraint("email = lower(email) AND email <> ''", name="email_lower_case"),
        CheckConstraint("name <> ''", name="name_given"),
        CheckConstraint("role IN ('customer', 'reviewer', 'manager', 'auditor', 'administrator')", name="role"),
        CheckConstraint("(role = 'customer') = (account_id IS NOT NULL)", name="customers_have_an_account"),
        CheckConstraint("locale IN ('en', 'zh')", name="locale"),
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
        CheckConstraint("after_verdict IN ('next', 'stay', 'list')", name="after_verdict"),
        Index("ix_app_user_account_id", "account_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(Word(16))
    account_id: Mapped[int | None] = mapped_column(ForeignKey(Account.id))
    password_hash: Mapped[str] = mapped_column(String(200))
    password_changed_at: Mapped[datetime] = mapped_column(Instant)
    is_active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(String(2), default="en")
    theme: Mapped[str] = mapped_column(String(5), default="auto")
    # How they work: whether single keys do something, and what opens after a verdict.
    single_keys: Mapped[bool] = mapped_column(default=True)
    after_verdict: Mapped[str] = mapped_column(String(4), default="next")
    # Whether the mail with the figures of the week comes, for those whose role gets it.
    weekly_report: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Instant)

    account: Mapped[Account | None] = relationship(lazy="joined")

    def can(self, permission: Permission) -> bool:
        """Whether the person's role holds `permission`."""
        return allowed(Role(self.role), permission)

    def actor(self, via: str = "web", address: str | None = None) -> Actor:
        """The person as services and the audit log know them."""
        return Actor(self.id, self.name, Role(self.role), self.account_id, via, address)


class LoginSession(Base):
    """One signed-in browser. It is valid while the row is there and its limits hold; ending it deletes the row.

    Only the hash of the cookie's secret is kept, so a stolen database opens no session.
    """

    __tablename__ = "login_session"
    __table_args__ = (
        CheckConstraint("last_seen_at >= created_at", name="seen_after_created"),
        Index("ix_login_session_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sid_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(200), default="")


class SignInAttempt(Base):
    """One try to sign in, kept for throttling. It counts as failed until the password has been found right."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_email", "email_sha256", "at"),
        Index("ix_sign_in_attempt_address", "address", "at"),
        Index("ix_sign_in_attempt_at", "at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # People type passwords and strangers' addresses here: a hash serves the count as well.
    email_sha256: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45), default="")
    at: Mapped[datetime] = mapped_column(Instant)
    succeeded: Mapped[bool] = mapped_column(default=False)
