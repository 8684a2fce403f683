"""`python -m benchmarks.rules`."""

from benchmarks.rules.measure import main

main()
