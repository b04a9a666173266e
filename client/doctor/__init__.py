"""`secure-chat doctor`: looks for what keeps this computer from writing and talking, and says what to do."""
