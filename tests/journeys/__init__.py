"""Whole logins through every part, on both databases: what users and web apps see."""
