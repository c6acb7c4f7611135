"""Indexes that find a document by its hash, and what tax platforms issued for invoices.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

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


def upgrade() -> None:
    """Without the indexes, verifying a file would read every document. Nothing official was recorded before."""
    for table in ("invoice", "credit_note"):
        op.create_index(f"ix_{table}_pdf_sha256", table, ["pdf_sha256"])
    op.create_table(
        "official_record",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=True),
        sa.Column("file_name", sa.String(120), nullable=True),
        sa.Column("file_type", sa.String(40), nullable=True),
        sa.Column("file_size", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=False),
        sa.Column("recorded_by_label", sa.String(120), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_official_record_version_positive")),
        sa.CheckConstraint("number <> ''", name=op.f("ck_official_record_number_given")),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("ck_official_record_correction_has_reason")),
        sa.CheckConstraint(
            "(file_sha256 IS NULL) = (file_name IS NULL) AND (file_sha256 IS NULL) = (file_type IS NULL)"
            " AND (file_sha256 IS NULL) = (file_size IS NULL)",
            name=op.f("ck_official_record_file_is_whole"),
        ),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_official_record_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_record")),
        sa.UniqueConstraint("invoice_id", "version", name="uq_official_record_version"),
    )
    op.create_index("ix_official_record_number", "official_record", ["number"])
    op.create_index("ix_official_record_file_sha256", "official_record", ["file_sha256"])
    for statement in SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """What was recorded goes with the table; its files stay in the store."""
    op.drop_table("official_record")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION official_record_guard()")
    for table in ("invoice", "credit_note"):
        op.drop_index(f"ix_{table}_pdf_sha256", table)
