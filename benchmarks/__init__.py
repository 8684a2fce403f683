"""Benchmarks: tiermem beside the memories it replaces, each through its own framework's code. `python -m benchmarks`."""
