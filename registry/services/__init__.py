"""All business rules; one capability a file."""
