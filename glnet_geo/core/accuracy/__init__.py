"""How right a map is: compared with labels, with points, and with what it says of itself."""
