"""Drills of the reducer: the adapter's switch, thrown under load while the Haskell core is broken."""
