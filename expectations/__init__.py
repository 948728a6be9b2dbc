"""Governance rules a PMO can read and change, and the code that evaluates them."""
