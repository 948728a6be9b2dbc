"""The page's Jinja templates, style and script; no Python belongs here."""
