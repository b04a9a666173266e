"""A broker under siege: people who talk, and strangers who do their worst at the same time."""
