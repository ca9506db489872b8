"""Address files: where each address lies in the buurten of one year, and of another."""

from flows.addresses.fetching import fetch_addresses
from flows.addresses.loading import load_addresses, prove_addresses

__all__ = ["fetch_addresses", "load_addresses", "prove_addresses"]
