"""`python -m benchmarks.profiles`."""

from benchmarks.profiles.measure import main

raise SystemExit(main())
