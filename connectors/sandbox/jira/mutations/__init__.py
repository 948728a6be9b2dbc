"""Everything that happens to a Jira over time, as named edits of a simulated world that can be replayed."""
