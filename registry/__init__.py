"""The registry: providers, connections, models and what depends on them."""
