"""What developers and newcomers run; nothing in here is installed with the program."""
