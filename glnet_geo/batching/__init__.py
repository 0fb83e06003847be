"""The way of the data over many tiles: virtual scenes in, one map for every tile out."""
