"""Business days: versioned calendar data (weekends, holidays, working weekends) and the arithmetic of due dates."""
