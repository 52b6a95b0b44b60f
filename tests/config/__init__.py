"""Settings, start-up, health and the headers of every answer."""
