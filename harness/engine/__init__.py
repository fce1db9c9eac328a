"""What the commands do, for any subject and none by name."""
