"""Verbs of the service level: flags of broken promises, promises that follow the calendar."""
