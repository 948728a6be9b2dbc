"""The second engine of finish dates: what a plan says, and how plans have come true so far."""
