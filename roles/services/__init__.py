"""All rules of roles; one capability a file."""
