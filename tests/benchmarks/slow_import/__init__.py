"""A folder for PYTHONPATH that makes the SDK take seconds to import (see `sitecustomize`)."""
