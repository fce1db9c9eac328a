"""Telemetry of a bot's loop: captured under a paced market, read from recordings, compared."""
