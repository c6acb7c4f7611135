"""The first schema.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REQUEST_TO_INVOICE = "fk_invoice_request_invoice_id"
JSON_DICT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

SQLITE_TRIGGERS = (
    "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'an audit event never changes'); END",
    "CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'an audit event is never deleted'); END",
    "CREATE TRIGGER invoice_no_delete BEFORE DELETE ON invoice BEGIN SELECT RAISE(ABORT, 'an invoice is never deleted'); END",
    "CREATE TRIGGER invoice_no_update BEFORE UPDATE ON invoice WHEN NOT (OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL AND NEW.id IS OLD.id AND NEW.number IS OLD.number AND NEW.series IS OLD.series AND NEW.period IS OLD.period AND NEW.sequence IS OLD.sequence AND NEW.request_id IS OLD.request_id AND NEW.account_id IS OLD.account_id AND NEW.issued_at IS OLD.issued_at AND NEW.issued_on IS OLD.issued_on AND NEW.snapshot IS OLD.snapshot AND NEW.net IS OLD.net AND NEW.tax IS OLD.tax AND NEW.gross IS OLD.gross AND NEW.template IS OLD.template) BEGIN SELECT RAISE(ABORT, 'an invoice never changes'); END",
    "CREATE TRIGGER invoice_line_no_delete BEFORE DELETE ON invoice_line BEGIN SELECT RAISE(ABORT, 'an invoice line is never deleted'); END",
    "CREATE TRIGGER invoice_line_no_update BEFORE UPDATE ON invoice_line BEGIN SELECT RAISE(ABORT, 'an invoice line never changes'); END",
)

POSTGRESQL_TRIGGERS = (
    """CREATE FUNCTION audit_event_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an audit event never changes and is never deleted';
END $$""",
    "CREATE TRIGGER audit_event_frozen BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_guard()",
    """CREATE FUNCTION invoice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'invoice' THEN
    IF OLD.pdf_sha256 IS NULL AND NEW.pdf_sha256 IS NOT NULL
       AND to_jsonb(NEW) - 'pdf_sha256' - 'pdf_size' = to_jsonb(OLD) - 'pdf_sha256' - 'pdf_size' THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'an invoice never changes and is never deleted';
END $$""",
    "CREATE TRIGGER invoice_frozen BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_guard()",
    "CREATE TRIGGER invoice_line_frozen BEFORE UPDATE OR DELETE ON invoice_line FOR EACH ROW EXECUTE FUNCTION invoice_guard()",
)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("recharged", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("invoiced", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("code <> ''", name=op.f("ck_account_code_given")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_account_name_given")),
        sa.CheckConstraint("invoiced >= 0", name=op.f("ck_account_invoiced_not_negative")),
        sa.CheckConstraint("reserved >= 0", name=op.f("ck_account_reserved_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("code", name=op.f("uq_account_code")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_label", sa.String(length=120), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=True),
        sa.Column("via", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=80), nullable=False),
        sa.Column("before", JSON_DICT, nullable=True),
        sa.Column("after", JSON_DICT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "action <> '' AND object_type <> '' AND object_id <> ''", name=op.f("ck_audit_event_says_what")
        ),
        sa.CheckConstraint("actor_label <> ''", name=op.f("ck_audit_event_says_who")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_actor", "audit_event", ["actor_id", "id"], unique=False)
    op.create_index("ix_audit_event_at", "audit_event", ["at", "id"], unique=False)
    op.create_index("ix_audit_event_object", "audit_event", ["object_type", "object_id", "id"], unique=False)
    op.create_table(
        "calendar_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("weekend", sa.String(length=7), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.CheckConstraint("created_by <> ''", name=op.f("ck_calendar_version_says_who")),
        sa.CheckConstraint("source IN ('library', 'file')", name=op.f("ck_calendar_version_source")),
        sa.CheckConstraint("weekend <> '1234567'", name=op.f("ck_calendar_version_has_business_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_version")),
    )
    op.create_table(
        "invoice_series",
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("last_issued_on", sa.Date(), nullable=True),
        sa.CheckConstraint("last_number >= 0", name=op.f("ck_invoice_series_last_number_not_negative")),
        sa.PrimaryKeyConstraint("series", "period", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_duration_ms", sa.Integer(), nullable=False),
        sa.Column("last_count", sa.Integer(), nullable=False),
        sa.Column("last_outcome", sa.String(length=8), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("last_outcome IN ('ok', 'failed')", name=op.f("ck_job_run_last_outcome")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_job_run_name_given")),
        sa.CheckConstraint("last_duration_ms >= 0", name=op.f("ck_job_run_last_duration_not_negative")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_run")),
    )
    op.create_table(
        "ledger_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("imported_by", sa.String(length=120), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("conflicts", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("sums", JSON_DICT, nullable=False),
        sa.CheckConstraint(
            "lines >= 0 AND added >= 0 AND unchanged >= 0 AND refused >= 0",
            name=op.f("ck_ledger_file_counts_not_negative"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_file")),
    )
    op.create_index("ix_ledger_file_sha256", "ledger_file", ["sha256"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", ID, nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("context", JSON_DICT, nullable=False),
        sa.Column("attachment_sha256", sa.String(length=64), nullable=True),
        sa.Column("attachment_name", sa.String(length=120), nullable=True),
        sa.Column("about_type", sa.String(length=40), nullable=False),
        sa.Column("about_id", ID, nullable=False),
        sa.Column("follows_id", ID, nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("mime", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease", sa.String(length=32), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("server_answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'accepted') = (accepted_at IS NOT NULL)", name=op.f("ck_message_accepted_says_when")
        ),
        sa.CheckConstraint(
            "(state = 'sending') = (lease IS NOT NULL) AND (lease IS NULL) = (leased_until IS NULL)",
            name=op.f("ck_message_lease_is_whole"),
        ),
        sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f("ck_message_locale")),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'accepted', 'deferred', 'failed', 'cancelled')",
            name=op.f("ck_message_state"),
        ),
        sa.CheckConstraint(
            "(attachment_sha256 IS NULL) = (attachment_name IS NULL)", name=op.f("ck_message_attachment_is_whole")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_message_attempts_not_negative")),
        sa.ForeignKeyConstraint(["follows_id"], ["message.id"], name=op.f("fk_message_follows_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index("ix_message_about", "message", ["about_type", "about_id", "id"], unique=False)
    op.create_index("ix_message_follows_id", "message", ["follows_id"], unique=False)
    op.create_index(
        "ix_message_open",
        "message",
        ["next_attempt_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending', 'deferred')"),
        postgresql_where=sa.text("state IN ('queued', 'sending', 'deferred')"),
    )
    op.create_index("ix_message_state", "message", ["state", "id"], unique=False)
    op.create_index("uq_message_message_id", "message", ["message_id"], unique=True)
    op.create_table(
        "policy",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", JSON_DICT, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("set_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_policy_reason_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    op.create_index("ix_policy_key_starts_on", "policy", ["key", "starts_on", "id"], unique=False)
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("email_sha256", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index("ix_sign_in_attempt_address", "sign_in_attempt", ["address", "at"], unique=False)
    op.create_index("ix_sign_in_attempt_at", "sign_in_attempt", ["at"], unique=False)
    op.create_index("ix_sign_in_attempt_email", "sign_in_attempt", ["email_sha256", "at"], unique=False)
    op.create_table(
        "app_user",
        sa.Column("id", ID, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("theme", sa.String(length=5), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'customer') = (account_id IS NOT NULL)", name=op.f("ck_app_user_customers_have_an_account")
        ),
        sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f("ck_app_user_email_lower_case")),
        sa.CheckConstraint("locale IN ('en', 'zh')", name=op.f("ck_app_user_locale")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_app_user_name_given")),
        sa.CheckConstraint(
            "role IN ('customer', 'reviewer', 'manager', 'auditor', 'administrator')", name=op.f("ck_app_user_role")
        ),
        sa.CheckConstraint("theme IN ('auto', 'light', 'dark')", name=op.f("ck_app_user_theme")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_app_user_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("email", name=op.f("uq_app_user_email")),
    )
    op.create_index("ix_app_user_account_id", "app_user", ["account_id"], unique=False)
    op.create_table(
        "calendar_day",
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=7), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_day_kind")),
        sa.ForeignKeyConstraint(["version_id"], ["calendar_version.id"], name=op.f("fk_calendar_day_version_id")),
        sa.PrimaryKeyConstraint("version_id", "day", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "calendar_year",
        sa.Column("version_id", ID, autoincrement=False, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.CheckConstraint("year BETWEEN 1990 AND 2200", name=op.f("ck_calendar_year_year_plausible")),
        sa.ForeignKeyConstraint(["version_id"], ["calendar_version.id"], name=op.f("fk_calendar_year_version_id")),
        sa.PrimaryKeyConstraint("version_id", "year", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refund_of", sa.String(length=120), nullable=True),
        sa.Column("applied", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("payer_name", sa.String(length=256), nullable=False),
        sa.Column("bank_reference", sa.String(length=120), nullable=False),
        sa.Column("description", sa.String(length=256), nullable=False),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("invoiced", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind = 'refund' OR refund_of IS NULL", name=op.f("ck_ledger_entry_refund_of_refunds_only")),
        sa.CheckConstraint("kind IN ('recharge', 'refund', 'consumption', 'grant')", name=op.f("ck_ledger_entry_kind")),
        sa.CheckConstraint("status IN ('pending', 'completed', 'failed')", name=op.f("ck_ledger_entry_status")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_entry_amount_positive")),
        sa.CheckConstraint(
            "refunded <= amount AND reserved + invoiced <= amount", name=op.f("ck_ledger_entry_parts_within_amount")
        ),
        sa.CheckConstraint(
            "refunded >= 0 AND reserved >= 0 AND invoiced >= 0", name=op.f("ck_ledger_entry_parts_not_negative")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ledger_entry_account_id")),
        sa.ForeignKeyConstraint(["file_id"], ["ledger_file.id"], name=op.f("fk_ledger_entry_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("source", "external_id", name="uq_ledger_entry_identity"),
    )
    op.create_index(
        "ix_ledger_entry_account_occurred", "ledger_entry", ["account_id", "occurred_at", "id"], unique=False
    )
    op.create_index(
        "ix_ledger_entry_free",
        "ledger_entry",
        ["account_id", "occurred_at", "id"],
        unique=False,
        sqlite_where=sa.text("kind = 'recharge' AND status = 'completed' AND refunded + reserved + invoiced < amount"),
        postgresql_where=sa.text(
            "kind = 'recharge' AND status = 'completed' AND refunded + reserved + invoiced < amount"
        ),
    )
    op.create_index(
        "ix_ledger_entry_refund_of",
        "ledger_entry",
        ["source", "refund_of"],
        unique=False,
        sqlite_where=sa.text("kind = 'refund'"),
        postgresql_where=sa.text("kind = 'refund'"),
    )
    op.create_table(
        "ledger_line_problem",
        sa.Column("id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("external_id", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("kind IN ('refused', 'conflict')", name=op.f("ck_ledger_line_problem_kind")),
        sa.ForeignKeyConstraint(["file_id"], ["ledger_file.id"], name=op.f("fk_ledger_line_problem_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_line_problem")),
    )
    op.create_index("ix_ledger_line_problem_file_id", "ledger_line_problem", ["file_id", "line"], unique=False)
    op.create_table(
        "invoice_header",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("vat_kind", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("tax_id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=128), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=False),
        sa.Column("bank", sa.String(length=128), nullable=False),
        sa.Column("bank_account", sa.String(length=32), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind <> 'enterprise' OR tax_id <> ''", name=op.f("ck_invoice_header_enterprise_has_tax_id")
        ),
        sa.CheckConstraint("kind IN ('enterprise', 'personal', 'public_body')", name=op.f("ck_invoice_header_kind")),
        sa.CheckConstraint("language IN ('zh', 'en', 'both')", name=op.f("ck_invoice_header_language")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_invoice_header_name_given")),
        sa.CheckConstraint(
            "vat_kind = 'ordinary' OR (address <> '' AND phone <> '' AND bank <> '' AND bank_account <> '')",
            name=op.f("ck_invoice_header_special_is_complete"),
        ),
        sa.CheckConstraint(
            "vat_kind = 'ordinary' OR kind <> 'personal'", name=op.f("ck_invoice_header_personal_never_special")
        ),
        sa.CheckConstraint("vat_kind IN ('ordinary', 'special')", name=op.f("ck_invoice_header_vat_kind")),
        sa.CheckConstraint(
            "is_default = false OR archived_at IS NULL", name=op.f("ck_invoice_header_default_is_not_archived")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_invoice_header_account_id")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_invoice_header_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_header")),
    )
    op.create_index("ix_invoice_header_account", "invoice_header", ["account_id", "id"], unique=False)
    op.create_index(
        "uq_invoice_header_default",
        "invoice_header",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("is_default"),
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "login_session",
        sa.Column("id", ID, nullable=False),
        sa.Column("sid_sha256", sa.String(length=64), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.CheckConstraint("last_seen_at >= created_at", name=op.f("ck_login_session_seen_after_created")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_login_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("sid_sha256", name=op.f("uq_login_session_sid_sha256")),
    )
    op.create_index("ix_login_session_user_id", "login_session", ["user_id"], unique=False)
    op.create_table(
        "invoice_request",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("applicant_id", ID, nullable=False),
        sa.Column("applicant_label", sa.String(length=120), nullable=False),
        sa.Column("header_id", ID, nullable=False),
        sa.Column("header", JSON_DICT, nullable=False),
        sa.Column("header_name", sa.String(length=256), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("submit_token", sa.String(length=64), nullable=False),
        sa.Column("resubmission_of_id", ID, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calendar_version_id", ID, nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issuable_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issue_error", sa.Text(), nullable=True),
        sa.Column("issue_fault", sa.Text(), nullable=True),
        sa.Column("invoice_id", ID, nullable=True),
        sa.Column("invoice_number", sa.String(length=24), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(state = 'issued') = (invoice_number IS NOT NULL)", name=op.f("ck_invoice_request_issued_has_number")
        ),
        sa.CheckConstraint(
            "(state IN ('pending', 'approved')) = (closed_at IS NULL)",
            name=op.f("ck_invoice_request_open_is_not_closed"),
        ),
        sa.CheckConstraint(
            "invoice_id IS NULL OR state IN ('approved', 'issued')",
            name=op.f("ck_invoice_request_numbered_is_approved"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'approved', 'issued', 'rejected', 'withdrawn')", name=op.f("ck_invoice_request_state")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_invoice_request_amount_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_invoice_request_account_id")),
        sa.ForeignKeyConstraint(["applicant_id"], ["app_user.id"], name=op.f("fk_invoice_request_applicant_id")),
        sa.ForeignKeyConstraint(
            ["calendar_version_id"], ["calendar_version.id"], name=op.f("fk_invoice_request_calendar_version_id")
        ),
        sa.ForeignKeyConstraint(["header_id"], ["invoice_header.id"], name=op.f("fk_invoice_request_header_id")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_request_invoice_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(
            ["resubmission_of_id"], ["invoice_request.id"], name=op.f("fk_invoice_request_resubmission_of_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_request")),
        sa.UniqueConstraint("account_id", "submit_token", name="uq_invoice_request_submit_token"),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_invoice_request_invoice_id")),
        sa.UniqueConstraint("invoice_number", name=op.f("uq_invoice_request_invoice_number")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_request_number")),
    )
    op.create_index("ix_invoice_request_account", "invoice_request", ["account_id", "submitted_at", "id"], unique=False)
    op.create_index(
        "ix_invoice_request_account_state",
        "invoice_request",
        ["account_id", "state", "submitted_at", "id"],
        unique=False,
    )
    op.create_index("ix_invoice_request_closed", "invoice_request", ["closed_at", "id"], unique=False)
    op.create_index(
        "ix_invoice_request_issuable",
        "invoice_request",
        ["issuable_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'approved'"),
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "ix_invoice_request_open",
        "invoice_request",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('pending', 'approved')"),
        postgresql_where=sa.text("state IN ('pending', 'approved')"),
    )
    op.create_index(
        "ix_invoice_request_queue",
        "invoice_request",
        ["due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        op.f("ix_invoice_request_resubmission_of_id"), "invoice_request", ["resubmission_of_id"], unique=False
    )
    op.create_index("ix_invoice_request_state", "invoice_request", ["state", "submitted_at", "id"], unique=False)
    op.create_index("ix_invoice_request_submitted", "invoice_request", ["submitted_at", "id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("decided_by", ID, nullable=False),
        sa.Column("decided_by_label", sa.String(length=120), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("remarks", sa.String(length=500), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", ID, nullable=True),
        sa.Column("revoked_why", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "verdict = 'approve' OR (remarks <> '' AND reason IS NOT NULL)", name=op.f("ck_decision_rejection_says_why")
        ),
        sa.CheckConstraint("verdict IN ('approve', 'reject')", name=op.f("ck_decision_verdict")),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by IS NULL)", name=op.f("ck_decision_revocation_is_whole")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_decision_decided_by")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_decision_request_id")),
        sa.ForeignKeyConstraint(["revoked_by"], ["app_user.id"], name=op.f("fk_decision_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(
        "uq_decision_in_force",
        "decision",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "invoice",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("snapshot", JSON_DICT, nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.String(length=8), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.CheckConstraint("net + tax = gross", name=op.f("ck_invoice_totals_add_up")),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_invoice_sequence_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_invoice_account_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_invoice_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
        sa.UniqueConstraint("request_id", name=op.f("uq_invoice_request_id")),
        sa.UniqueConstraint("series", "period", "sequence", name="uq_invoice_sequence"),
    )
    op.create_index(
        "ix_invoice_unrendered",
        "invoice",
        ["id"],
        unique=False,
        sqlite_where=sa.text("pdf_sha256 IS NULL"),
        postgresql_where=sa.text("pdf_sha256 IS NULL"),
    )
    op.create_table(
        "ledger_reservation",
        sa.Column("request_id", ID, autoincrement=False, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("short", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state = 'open' OR short = 0", name=op.f("ck_ledger_reservation_only_open_is_short")),
        sa.CheckConstraint("state IN ('open', 'settled', 'released')", name=op.f("ck_ledger_reservation_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_reservation_amount_positive")),
        sa.CheckConstraint("short >= 0 AND short <= amount", name=op.f("ck_ledger_reservation_short_within_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_ledger_reservation_account_id")),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_ledger_reservation_request_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_ledger_reservation")),
    )
    op.create_index(
        "ix_ledger_reservation_short",
        "ledger_reservation",
        ["account_id", "request_id"],
        unique=False,
        sqlite_where=sa.text("short > 0"),
        postgresql_where=sa.text("short > 0"),
    )
    op.create_table(
        "request_event",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("actor_label", sa.String(length=120), nullable=False),
        sa.Column("actor_role", sa.String(length=20), nullable=True),
        sa.Column("data", JSON_DICT, nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_request_event_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_event")),
    )
    op.create_index("ix_request_event_request_id", "request_event", ["request_id", "id"], unique=False)
    op.create_table(
        "sla_flag",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["invoice_request.id"], name=op.f("fk_sla_flag_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sla_flag")),
        sa.UniqueConstraint("request_id", "due_at", name="uq_sla_flag_request_due"),
    )
    op.create_table(
        "invoice_line",
        sa.Column("id", ID, nullable=False),
        sa.Column("invoice_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("recharge_id", ID, nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("tax_kind", sa.String(length=16), nullable=False),
        sa.Column("rate", sa.String(length=8), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("gross", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("net + tax = gross", name=op.f("ck_invoice_line_totals_add_up")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id")),
        sa.ForeignKeyConstraint(["recharge_id"], ["ledger_entry.id"], name=op.f("fk_invoice_line_recharge_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint("invoice_id", "position", name="uq_invoice_line_position"),
    )
    op.create_index("ix_invoice_line_recharge_id", "invoice_line", ["recharge_id"], unique=False)
    op.create_table(
        "ledger_allocation",
        sa.Column("id", ID, nullable=False),
        sa.Column("request_id", ID, nullable=False),
        sa.Column("recharge_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('open', 'settled', 'released')", name=op.f("ck_ledger_allocation_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_allocation_amount_positive")),
        sa.ForeignKeyConstraint(["recharge_id"], ["ledger_entry.id"], name=op.f("fk_ledger_allocation_recharge_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["ledger_reservation.request_id"], name=op.f("fk_ledger_allocation_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_allocation")),
    )
    op.create_index("ix_ledger_allocation_recharge_id", "ledger_allocation", ["recharge_id"], unique=False)
    op.create_index("ix_ledger_allocation_request_id", "ledger_allocation", ["request_id"], unique=False)

    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:  # a request and its invoice point at each other; SQLite declares that inside the table
        op.create_foreign_key(REQUEST_TO_INVOICE, "invoice_request", "invoice", ["invoice_id"], ["id"])
    for statement in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(REQUEST_TO_INVOICE, "invoice_request")
    op.execute("UPDATE invoice_request SET invoice_id = NULL")  # SQLite refuses to drop what is pointed at
    op.drop_table("ledger_allocation")
    op.drop_table("invoice_line")
    op.drop_table("sla_flag")
    op.drop_table("request_event")
    op.drop_table("ledger_reservation")
    op.drop_table("invoice")
    op.drop_table("decision")
    op.drop_table("invoice_request")
    op.drop_table("login_session")
    op.drop_table("invoice_header")
    op.drop_table("ledger_line_problem")
    op.drop_table("ledger_entry")
    op.drop_table("calendar_year")
    op.drop_table("calendar_day")
    op.drop_table("app_user")
    op.drop_table("sign_in_attempt")
    op.drop_table("policy")
    op.drop_table("message")
    op.drop_table("ledger_file")
    op.drop_table("job_run")
    op.drop_table("invoice_series")
    op.drop_table("calendar_version")
    op.drop_table("audit_event")
    op.drop_table("account")

    if op.get_bind().dialect.name == "postgresql":
        for function in ("audit_event_guard", "invoice_guard"):
            op.execute(f"DROP FUNCTION IF EXISTS {function}()")
