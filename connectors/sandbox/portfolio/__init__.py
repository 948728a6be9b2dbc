"""The simulated portfolio: projects that plan, drift, block and finish, day by day."""
