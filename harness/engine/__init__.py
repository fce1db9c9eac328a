"""The work behind the commands, for any subject and none by name."""
