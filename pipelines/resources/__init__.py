"""The few owners of outside state: landing, ledger, warehouse, releases, notifier."""
