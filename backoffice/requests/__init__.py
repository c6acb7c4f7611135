"""The invoice request: its state table, its history, and what its applicant does with it."""
