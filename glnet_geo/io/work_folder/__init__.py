"""What is kept of a job until it is done, so that it can go on after a stop: whole, locked, and fit for many processes."""
