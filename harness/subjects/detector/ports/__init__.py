"""The implementations of the detector, and the ways to reach them."""
