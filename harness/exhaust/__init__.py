"""The exploration of closed worlds, to the end."""
