"""Business days: versioned calendar data, and the arithmetic of promises in pure functions."""
