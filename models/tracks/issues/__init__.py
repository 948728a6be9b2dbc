"""Track `issues`: will an issue with a due date be done late, as known when the date was set."""
