"""The static page that people open: reporting tables in, one self-contained HTML file out."""
