"""Throughput and latency of one process, as ratios to a bare Starlette route where possible.

`make bench` runs them. They are not part of the tests: they take minutes, and need two cores and
`wrk`.
"""
