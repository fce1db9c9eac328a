"""The reference reducer, one role per module; `state_machine` is its public face.

Read in this order: `types`, `pricing`, `orders`, `booking`, `orphaning`, `transition`. Everything that `state_machine`
exports needs the standard library alone; `digest` and `wire` serve the harness and need xxhash.
"""
