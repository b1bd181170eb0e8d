"""Problem documents, request limits, client addresses and timeouts."""
