"""The reducer: the bot's order state machine, compared bit for bit over the wire."""
