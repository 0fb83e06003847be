"""Pure values and algorithms: no files, no torch, no command line."""
