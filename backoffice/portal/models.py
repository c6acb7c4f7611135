"""Applications that are still being written, and the files that were chosen for them."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import Account, User
from backoffice.database import Base, Id, Instant
from backoffice.requests.models import Enclosing, InvoiceRequest, enclosing_args


class ApplicationDraft(Enclosing, Base):
    """What one person has typed into one application, from the first button pressed until it is purged.

    `key` stands in its addresses; `submit_token` makes two Submits of it one request. With `request_id` it has ended;
    with `discarded_at` its writer has thrown it away and may still put it back.
    """

    __tablename__ = "application_draft"
    __table_args__ = (
        CheckConstraint("length(typed) <= 65536", name="typed_fits"),
        *enclosing_args("application_draft"),
        Index("ix_application_draft_user_id_updated_at", "user_id", "updated_at"),
        Index("ix_application_draft_updated_at", "updated_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(Account.id))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    # JSON as text: JSONB takes no NUL, and what was typed comes back as it was typed.
    typed: Mapped[str] = mapped_column(Text)
    # The number of the rejected request it follows.
    follows: Mapped[str | None] = mapped_column(String(40))
    # It arrived after its session had ended.
    rescued: Mapped[bool] = mapped_column(default=False)
    # Why the file that was chosen last is not here, as a sentence still to be translated: not to be passed over.
    file_fault: Mapped[str | None] = mapped_column(String(300))
    submit_token: Mapped[str] = mapped_column(String(64))
    request_id: Mapped[int | None] = mapped_column(ForeignKey(InvoiceRequest.id))
    discarded_at: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def fields(self) -> dict[str, str]:
        """What was typed, field by field."""
        typed: dict[str, str] = json.loads(self.typed)
        return typed

    @property
    def words(self) -> str:
        """Tells whether another window has written something else into it: a mark of what it says."""
        return words_of(self.typed, self.follows, self.support_sha256, self.support_name)

    @property
    def has_ended(self) -> bool:
        """Whether a request was made of it."""
        return self.request_id is not None


def words_of(typed: str, follows: str | None, support_sha256: str | None, support_name: str | None) -> str:
    """The mark of what a draft says or would say."""
    said = f"{typed}\n{follows}\n{support_sha256}\n{support_name}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


class SupportingUpload(Base):
    """A file that came into the store by being chosen for an application, until it is known to be kept or of no use."""

    __tablename__ = "supporting_upload"
    __table_args__ = (Index("ix_supporting_upload_chosen_at", "chosen_at"),)

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    chosen_at: Mapped[datetime] = mapped_column(Instant)
