"""How good a map is: by a reference, by labelled points, by pairs of images and labels."""
