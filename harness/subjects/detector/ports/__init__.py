"""How the implementations of the detector are reached."""
