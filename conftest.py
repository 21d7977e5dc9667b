"""What every test may use. The database comes with the settings (`portal/testing/settings.py`)."""

pytest_plugins = [
    "portal.testing.browser",
    "portal.testing.rehearsed",
    "portal.testing.get_guard",
    "portal.testing.laws",
    "portal.testing.mail_server",
]
