"""Calls on a port: those that a case stands for, with everything that they return, raise, log and change."""
