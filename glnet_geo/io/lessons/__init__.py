"""What a model learns from: images and what their pixels are, from label maps, drawn polygons or published data sets."""
