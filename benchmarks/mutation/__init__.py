"""How many small breaks of the pure floors the tests notice. Outside CI: `make mutation ARGS="times"`."""
