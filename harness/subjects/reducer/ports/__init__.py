"""How the implementations of the reducer are reached."""
