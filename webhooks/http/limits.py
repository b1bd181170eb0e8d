"""Size and time limits of a request."""

WEBHOOK_BODY_BYTES = 64 * 1024
API_BODY_BYTES = 16 * 1024
#: Seconds until a request whose read or write has no outcome yet is answered 503. Telnyx gives up
#: on a webhook after 2 s; answering 503 earlier makes it try again.
ANSWER_TIMEOUT_S = 1.75
