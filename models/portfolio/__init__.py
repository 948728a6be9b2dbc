"""All projects in one simulation: what they wait for, whom they share, what strikes them all, what would help."""
