"""`python -m tests.benchmarks.serve module:factory PORT` runs an application in uvicorn.

The options are those of the real service.
"""

from __future__ import annotations

import sys

import uvicorn

from webhooks.ops.server import OPTIONS

if __name__ == "__main__":
    uvicorn.run(sys.argv[1], factory=True, host="127.0.0.1", port=int(sys.argv[2]), **OPTIONS)
