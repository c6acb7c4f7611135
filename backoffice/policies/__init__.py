"""Dated settings of the business: target days, cut-off, threshold, minimum, tax, seller. One table, one editor."""
