"""The Jira connector: Cloud v3 and Agile 1.0, later Data Center."""
