"""What shadows wrote down over a period, added up: hours covered, drops, divergences by severity."""
