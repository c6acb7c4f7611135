"""What a tax platform issued for an invoice: its number and file, as somebody recorded them, and each correction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backoffice.database import Base, Id, Instant, install_triggers
from backoffice.issuing.models.invoices import Invoice

_WHOLE = " AND ".join(f"(file_sha256 IS NULL) = (file_{other} IS NULL)" for other in ("name", "type", "size"))


class OfficialRecord(Base):
    """One recording; the highest `version` of an invoice is in force. Rows are only ever added."""

    __tablename__ = "official_record"
    __table_args__ = (
        # Two people who correct the same version: the second is told, not overwritten.
        UniqueConstraint("invoice_id", "version", name="uq_official_record_version"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("number <> ''", name="number_given"),
        CheckConstraint("version = 1 OR reason <> ''", name="correction_has_reason"),
        CheckConstraint(_WHOLE, name="file_is_whole"),
        Index("ix_official_record_number", "number"),
        Index("ix_official_record_file_sha256", "file_sha256"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey(Invoice.id))
    version: Mapped[int]
    number: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str | None] = mapped_column(String(120))
    file_type: Mapped[str | None] = mapped_column(String(40))
    file_size: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[int]
    recorded_by_label: Mapped[str] = mapped_column(String(120))


SQLITE_TRIGGERS = (
    "CREATE TRIGGER official_record_no_delete BEFORE DELETE ON official_record"
    " BEGIN SELECT RAISE(ABORT, 'an official record is never deleted'); END",
    "CREATE TRIGGER official_record_no_update BEFORE UPDATE ON official_record"
    " BEGIN SELECT RAISE(ABORT, 'an official record never changes'); END",
)
POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION official_record_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an official record never changes and is never deleted';
END $$""",
    "CREATE TRIGGER official_record_frozen BEFORE UPDATE OR DELETE ON official_record"
    " FOR EACH ROW EXECUTE FUNCTION official_record_guard()",
)

install_triggers("official_record", "sqlite", SQLITE_TRIGGERS)
install_triggers("official_record", "postgresql", POSTGRESQL_TRIGGERS)
