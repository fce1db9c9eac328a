"""The reference reducer, one role per module; `state_machine` is its public face.

Read in this order: `types`, `pricing`, `orders`, `booking`, `orphaning`, `transition`. Everything that `state_machine`
exports needs only the standard library. `contract`, `digest`, `requests`, `wire` and `wire_session` are for the harness and
`doge_core`; `contract` and `digest` need xxhash.
"""
