"""What a customer paid and what of it may be invoiced: recharges, refunds, reservations, allocation, import."""
