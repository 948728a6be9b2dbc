"""T4: whether the end date of a government major project slips by more than six months within a year."""
