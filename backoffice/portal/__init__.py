"""The customer's pages: what may be invoiced, apply, follow, download."""
