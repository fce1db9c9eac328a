"""The reducer's closed worlds, explored: the view that merges states, the promises of the contract, the requests to ports."""
