"""`python -m greenmod`."""

from greenmod.cli.entry import main

if __name__ == "__main__":
    main()
