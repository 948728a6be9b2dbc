"""How many items the whole portfolio will complete in the weeks ahead."""
