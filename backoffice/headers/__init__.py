"""Invoice headers: the buyer's legal identity, its fields, their limits and the tax ID's check digits."""
