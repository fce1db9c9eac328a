"""The detector: the bot's HMM regime detector, compared level by level within tolerances."""
