"""Issuing: gapless numbers, the frozen invoice, its PDF, and the register of all of them."""
