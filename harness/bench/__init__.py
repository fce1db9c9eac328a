"""How fast every port is, side by side in one run, against a bare echo over the same kind of pipe."""
