"""The `backoffice` command: one module of commands per subject, all hung on the root."""
