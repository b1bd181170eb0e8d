"""Takes the pictures of the README from the real pages: `make screenshots`."""
