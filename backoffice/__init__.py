"""Backoffice: the invoice back office. `create_app()` is the table of contents."""
