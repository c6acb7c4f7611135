"""The service level: overdue requests are flagged once, and managers see whether the promise holds."""
