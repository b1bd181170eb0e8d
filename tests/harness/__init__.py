"""What tests run against: running services, a real PostgreSQL, fakes of the outside world.

No test is here, and nothing here asserts what a test promises.
"""
