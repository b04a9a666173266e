"""What the broker and its clients must agree on: messages, layouts, limits and errors.

Nothing here opens a socket, reads a clock or knows which side it runs on. `common.crypto` is for clients
only: the broker never imports it, and an import contract keeps it so.
"""
