"""Why a finish date moved between two forecasts: its move, split exactly over what changed."""
