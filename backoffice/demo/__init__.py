"""Believable demo data: three customer accounts, the people of the back office, and a year of history, written through
the services as if the people had done it, with the clock moved to each moment."""
