"""How likely dated issues miss their due date, and sprints what was committed."""
