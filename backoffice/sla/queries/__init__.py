"""Reads of the service level: the figures and the lists behind them, and who moves with a calendar."""
