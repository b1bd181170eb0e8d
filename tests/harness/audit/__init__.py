"""A folder for PYTHONPATH that makes a process log what it opens and imports (`sitecustomize`)."""
