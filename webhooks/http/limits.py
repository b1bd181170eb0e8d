"""Size and time limits of a request."""

#: The request line and the headers.
HEAD_BYTES = 16 * 1024
WEBHOOK_BODY_BYTES = 64 * 1024
API_BODY_BYTES = 16 * 1024
#: What a client may send of a body, chunk sizes and trailers included, before its connection is
#: closed. A body over the limit is refused earlier; the client may finish sending it.
SENT_BODY_BYTES = 1024 * 1024
#: Seconds until a head is complete, from its first byte or from the connection; and then a body.
HEAD_TIMEOUT_S = 10
BODY_TIMEOUT_S = 10
#: Seconds that a connection stays open between two requests.
KEEP_ALIVE_S = 5
#: Seconds until a request whose read or write has no outcome yet is answered 503. Telnyx gives up
#: on a webhook after 2 s; answering 503 earlier makes it try again.
ANSWER_TIMEOUT_S = 1.75
