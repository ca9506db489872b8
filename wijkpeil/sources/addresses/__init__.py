"""Address files: where each address lies in the buurten of one year, and of another."""

from wijkpeil.sources.addresses.fetching import fetch_addresses
from wijkpeil.sources.addresses.loading import load_addresses, prove_addresses

__all__ = ["fetch_addresses", "load_addresses", "prove_addresses"]
