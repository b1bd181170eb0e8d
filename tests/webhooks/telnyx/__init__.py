"""`POST /webhooks/telnyx`: signatures, bodies, events, duplicates."""
