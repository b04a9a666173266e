"""The blind broker: relays what it cannot read."""
