"""Forecasting: table in, table out; as_of is an argument, never the clock."""
