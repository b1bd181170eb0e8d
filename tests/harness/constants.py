"""Names, numbers and times that the tests of the core share."""

from __future__ import annotations

#: Ours.
NUMBER, OTHER_NUMBER = "+14155550100", "+14155550199"
#: The users'. The British one is in a region that is not allowed by default.
PHONE, OTHER_PHONE, BRITISH_PHONE = "+12025550123", "+12025550177", "+447400123456"
#: Web apps.
SHOP, OTHER_APP = "shop", "other"
#: Client addresses.
ADDRESS, OTHER_ADDRESS = "203.0.113.9", "198.51.100.7"
SECRET_KEY, OLD_SECRET_KEY = "k" * 32, "o" * 32

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
#: When a simulation begins, in ms since the epoch.
START_MS = 1_800_000_000_000
