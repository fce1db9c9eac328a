"""How to reach each implementation: one protocol, one registry."""
