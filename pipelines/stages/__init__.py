"""What each stage of the line does, callable from the command line and from Dagster alike."""
