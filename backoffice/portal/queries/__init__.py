"""Reads of the customer's pages."""
