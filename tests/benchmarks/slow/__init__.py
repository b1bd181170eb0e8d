"""On PYTHONPATH, where it makes the SDK take seconds to import (see `sitecustomize`)."""
