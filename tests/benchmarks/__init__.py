"""How fast one process is, as ratios to a bare Starlette route on the same core (`make bench`).

Not part of the tests: it takes minutes, and wants two cores and `wrk`.
"""
