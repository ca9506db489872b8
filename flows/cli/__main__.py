"""`python -m flows.cli`, which is `wijkpeil`."""

from flows.cli import main

if __name__ == "__main__":
    main()
