"""Registers kept in Excel or CSV: budgets, baselines, sponsors, objectives, risks."""
