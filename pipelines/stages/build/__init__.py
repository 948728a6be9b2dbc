"""The build of the warehouse: what is built when, what a build remembers, and the proof that it equals a rebuild."""
