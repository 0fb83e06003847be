"""The three training stages of GLNet on pairs of images and label maps."""
