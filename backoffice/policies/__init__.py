"""Dated settings of the business: target days, cut-off hour, minimum amount, tax, seller. One table, one editor."""
