"""Two builds of this project on one machine, compared call by call."""
