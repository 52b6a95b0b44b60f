"""Clients over HTTP: what they hold, their marks, and who can serve what now."""
