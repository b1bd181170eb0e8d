"""Web apps: how they authenticate, their origins, and the callbacks they get."""
