"""The HTTP service: Telnyx's webhooks and our texts, the API for web apps, the command line.

Imports storage and bot. Its rooms, each importing only those before it: `http`,
`verification_json`, `telnyx` and `clients`, `watch`, `api` and `ops`, the assembly (`settings`,
`service`, `app`), `cli`.
"""
