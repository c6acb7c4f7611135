"""Customer accounts and the people: users, roles, sign-in with revocable sessions, passwords, throttling.

An account is the customer company whose money the ledger counts; several people may belong to one. Everybody else
works in the back office and belongs to none.
"""
