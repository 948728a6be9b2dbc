"""Jira Cloud v3 and Agile 1.0 over HTTP on loopback: the embedded default source and the chaos bench."""
