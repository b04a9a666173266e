"""Live voice: from microphone to sealed frames, and from sealed frames to speaker."""
