"""Settings: `base` is the service, `test` is the same service under pytest."""
