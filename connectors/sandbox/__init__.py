"""A simulated portfolio behind the real Jira wire protocol: the embedded default and the chaos bench."""
