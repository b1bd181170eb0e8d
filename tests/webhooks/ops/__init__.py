"""Tests of `webhooks/ops`: limits on descriptors."""
