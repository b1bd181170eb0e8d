"""The JSON API under `/v1/verifications`, its OpenAPI document and its documentation page.

Imports `http`, `clients`, `watch`, `verification_json`, storage and bot.
"""
