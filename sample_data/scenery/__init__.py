"""Draws an imaginary coastal town from above: a photograph, and the class of every pixel in it.

All lengths are in pixels of 0.6 m, positions are (x, y) with x to the right and y down from the upper left corner, and
angles turn from x towards y. A shape is given by its signed distance: negative inside, zero on the edge.
"""
