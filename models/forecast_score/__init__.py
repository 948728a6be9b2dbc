"""What became of the forecasts in the ledger, and how good they were."""
