"""What a reviewer does with a request. Every entry (page, bulk, command line) goes through these verbs."""
