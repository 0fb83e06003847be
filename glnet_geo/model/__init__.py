"""GLNet: the network, its packages, and how it predicts. Torch lives here."""
