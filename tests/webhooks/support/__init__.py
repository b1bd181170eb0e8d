"""Tests of the histories that support reads."""
