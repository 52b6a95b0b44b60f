"""Reference data as JSON: known models, providers, platforms, capabilities (see README.md)."""
