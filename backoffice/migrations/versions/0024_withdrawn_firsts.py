"""First approvals that a withdrawal had left in force.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# The audit log knows who of the account withdrew; where it was purged, the applicant stands for their account.
END = """
UPDATE decision
SET revoked_at = (SELECT closed_at FROM invoice_request WHERE invoice_request.id = decision.request_id),
    revoked_by = (
        SELECT COALESCE(
            (SELECT MAX(audit_event.actor_id) FROM audit_event
             WHERE audit_event.object_type = 'invoice_request' AND audit_event.object_id = invoice_request.number
               AND audit_event.action = 'request.withdraw'),
            invoice_request.applicant_id)
        FROM invoice_request WHERE invoice_request.id = decision.request_id),
    revoked_why = 'withdrawn'
WHERE verdict = 'first_approve' AND revoked_at IS NULL
  AND request_id IN (SELECT id FROM invoice_request WHERE state = 'withdrawn')
"""


def upgrade() -> None:
    """End each with the withdrawal: when, by whom, why."""
    op.execute(END)


def downgrade() -> None:
    """Nothing to take back: an ended approval of a withdrawn request is what earlier releases wanted, too."""
