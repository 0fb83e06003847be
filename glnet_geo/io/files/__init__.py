"""Files as such: what their names say, what tells one from another, and how they appear whole or not at all."""
