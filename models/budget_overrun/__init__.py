"""What projects will cost in the end, and how likely that is more than their budget."""
