"""Brokers and clients that are killed while people write, and the search for lines that were lost, doubled or moved."""
