"""When a project's or an epic's open scope will be done, and how sure of it one may be."""
