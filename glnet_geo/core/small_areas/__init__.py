"""Areas that are too small join their neighbours, in a map that comes in rows."""
