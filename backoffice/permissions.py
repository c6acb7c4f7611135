"""Role -> permissions: the only place where a role means anything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is here for. Customers belong to one customer account, the others to the back office."""

    CUSTOMER = "customer"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One thing a person may do, named verb-object."""

    SEE_OWN_INVOICES = "see own invoices"
    APPLY = "apply for invoices"
    MANAGE_HEADERS = "manage invoice headers"
    SEE_QUEUE = "see the review queue"
    DECIDE = "decide on requests"
    BE_SEEN = "be seen looking at requests"
    SEE_SERVICE_LEVEL = "see the service level"
    GET_WEEKLY_REPORT = "get the weekly report by mail"
    SEE_AUDIT = "see the audit log"
    ADMINISTER = "administer users and imports"
    SEE_BOOKS = "see open work and the reconciliation"
    SEE_OPERATIONS = "see operations"
    STOP_ISSUING = "stop issuing and let it go on"


_ALLOWED: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset({Permission.SEE_OWN_INVOICES, Permission.APPLY, Permission.MANAGE_HEADERS}),
    Role.REVIEWER: frozenset(
        {
            Permission.SEE_QUEUE,
            Permission.DECIDE,
            Permission.BE_SEEN,
            Permission.SEE_BOOKS,
            Permission.STOP_ISSUING,
        }
    ),
    Role.MANAGER: frozenset(
        {
            Permission.SEE_QUEUE,
            Permission.BE_SEEN,
            Permission.SEE_SERVICE_LEVEL,
            Permission.GET_WEEKLY_REPORT,
            Permission.SEE_BOOKS,
            Permission.SEE_OPERATIONS,
            Permission.STOP_ISSUING,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            Permission.SEE_QUEUE,
            Permission.SEE_SERVICE_LEVEL,
            Permission.SEE_AUDIT,
            Permission.SEE_BOOKS,
            Permission.SEE_OPERATIONS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ADMINISTER,
            Permission.SEE_BOOKS,
            Permission.SEE_OPERATIONS,
            Permission.SEE_SERVICE_LEVEL,
            Permission.STOP_ISSUING,
        }
    ),
}


def allowed(role: Role, permission: Permission) -> bool:
    """Whether people of `role` hold `permission`."""
    return permission in _ALLOWED[role]


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a signed-in person, somebody at the command line, or the system itself (`id` and `role` None).

    Services take an actor instead of a user object, so a page, a command and a job obey the same rules, and the audit
    log can keep a label that outlives the person's account.
    """

    id: int | None
    label: str
    role: Role | None
    account_id: int | None = None
    via: str = "web"
    address: str | None = None

    def can(self, permission: Permission) -> bool:
        """Whether the actor's role holds `permission`; the system holds none and is never asked."""
        return self.role is not None and allowed(self.role, permission)


SYSTEM = Actor(id=None, label="system", role=None, via="worker")
