"""The login pages that people see in a browser: forms, templates, the cookie, languages.

Works without JavaScript. Imports `http`, `clients`, `watch`, storage and bot.
"""
