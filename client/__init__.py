"""What a person runs: the session, voice, and the window or the text client over them."""
