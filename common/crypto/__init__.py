"""Everything that knows a key. For clients only: the broker never imports this package."""
