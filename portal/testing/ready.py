"""Importing this makes Django ready in a process that pytest did not start."""

import django
from django.apps import apps

if not apps.ready:
    django.setup()
