"""What people of the desk keep for themselves: their own views of the queue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.accounts.models import User
from backoffice.database import Base, Id, Instant
from backoffice.review.rules import VIEW_NAME_LIMIT, VIEW_QUERY_LIMIT


class SavedView(Base):
    """A person's own view: a name for the query string of a list."""

    __tablename__ = "saved_view"
    __table_args__ = (
        UniqueConstraint("user_id", "name", name="uq_saved_view_name"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    name: Mapped[str] = mapped_column(String(VIEW_NAME_LIMIT))
    query: Mapped[str] = mapped_column(String(VIEW_QUERY_LIMIT))
    position: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Instant)
