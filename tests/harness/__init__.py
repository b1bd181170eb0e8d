"""What tests run against: running services, a real PostgreSQL, fakes of the outside world."""
