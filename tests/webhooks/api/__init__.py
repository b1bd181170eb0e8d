"""The JSON API of `/v1/verifications`, its OpenAPI document and its documentation page."""
