"""What several tests lean on: databases, people, a plain browser, the search for Chromium."""
