"""`python -m wijkpeil.cli`, which is `wijkpeil`."""

from wijkpeil.cli import main

if __name__ == "__main__":
    main()
