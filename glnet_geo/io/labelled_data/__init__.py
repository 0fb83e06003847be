"""Images and what their pixels are, to learn from or to be judged by: label maps, drawn polygons, published data sets."""
