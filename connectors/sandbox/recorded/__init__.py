"""Real recorded data behind the sandbox protocol, served as it is."""
