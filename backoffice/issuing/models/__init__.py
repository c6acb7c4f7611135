"""Number series, invoices and credit notes."""

from backoffice.issuing.models.credits import CreditNote, CreditNoteLine, CreditProposal, CreditProposalLine
from backoffice.issuing.models.invoices import Invoice, InvoiceLine, InvoiceSeries

__all__ = [
    "CreditNote",
    "CreditNoteLine",
    "CreditProposal",
    "CreditProposalLine",
    "Invoice",
    "InvoiceLine",
    "InvoiceSeries",
]
