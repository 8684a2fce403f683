"""`python -m tiermem`: the same command line as `tiermem`."""

from tiermem.cli.main import main

if __name__ == "__main__":
    main()
