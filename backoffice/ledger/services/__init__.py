"""Verbs of the ledger: reservations on the money, entries of the platform, files that bring them."""
