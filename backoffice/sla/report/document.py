"""A report to one file: pages, faces, and what the file says of itself."""

from __future__ import annotations

import hashlib

from backoffice.issuing.pdf import document
from backoffice.issuing.pdf.metadata import Properties
from backoffice.sla.report.contents import Report
from backoffice.sla.report.flow import Flow


def render(report: Report) -> bytes:
    """See backoffice.sla.report.pdf."""
    properties = Properties(
        title=f"{report.title} {report.period}",
        author=report.issuer,
        subject=report.title,
        language=report.language,
        created=report.made_at,
        file_id=hashlib.sha256(repr((report.title, report.period, report.made_at)).encode()).hexdigest()[:32].upper(),
    )
    return document.laid_out(lambda: Flow(report).draw(), properties)
