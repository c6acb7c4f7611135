"""Outgoing mail: a message is queued in the transaction of the change it tells of, rendered once, sent after commit and
repeated until the mail server has answered for good. At least once, never lost, and a repeat is recognisable: it
carries the same Message-ID and the same bytes.
"""
