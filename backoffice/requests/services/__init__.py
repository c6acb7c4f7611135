"""Verbs on invoice requests: `applying`, the applicant's later `changes`, and `states`, the one way a state changes."""
