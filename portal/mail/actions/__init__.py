"""Queueing mail, and handing it over."""
