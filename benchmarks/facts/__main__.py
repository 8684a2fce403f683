"""`python -m benchmarks.facts`."""

from benchmarks.facts.measure import main

main()
