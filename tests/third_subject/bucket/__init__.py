"""The reference: a token bucket."""
