"""URL paths of the API, each written once."""

API_PREFIX = "/v1/"
VERIFICATIONS_PATH = f"{API_PREFIX}verifications"
#: Followed by an id.
VERIFICATION_PREFIX = f"{VERIFICATIONS_PATH}/"
#: The same as a route template.
VERIFICATION_PATH = f"{VERIFICATION_PREFIX}{{id}}"
EVENTS_SUFFIX = "/events"
