"""`secure-chat ctl`: how other programs of the same user, such as a desktop's global keys, reach a running client."""
