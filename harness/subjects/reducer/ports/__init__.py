"""The implementations of the reducer, and the ways to reach them."""
