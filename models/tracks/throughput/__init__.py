"""T5: how much of its work a project completes over the next 4, 8 and 12 weeks."""
