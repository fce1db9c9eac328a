"""Asking a port: the calls that a case stands for, and all that they do."""
