"""Benchmarks: tiermem beside the memories it replaces, each in its own framework's code.

`python -m benchmarks --help` lists them.
"""
