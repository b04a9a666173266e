"""From one person's mouth to another's ear: a sound card that exists in memory only, and real programs on it."""
