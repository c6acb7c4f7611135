"""What an installation needs beside its schema before anybody can apply: policies and a business calendar."""

from __future__ import annotations

from backoffice import clock
from backoffice.calendars import services as calendars
from backoffice.config import Settings
from backoffice.database import transaction
from backoffice.policies import services as policies


def prepare(settings: Settings) -> None:
    """Write the first policies and the calendar of the installation's country. Running it again changes nothing."""
    now = clock.now()
    year = clock.local_date(now, settings.zone).year
    with transaction():
        policies.seed(sla_business_days=settings.sla_business_days, now=now)
        calendars.seed_missing(settings.country, range(year - 2, year + 2), now=now)
