"""`manage.py seed_demo`: fill the database with the demo, once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.lib import clock
from portal.rehearsal import apply_clock


class Command(BaseCommand):
    help = "Fill the database with the demo; does nothing if it is there. Not for production."
    requires_system_checks: list[str] = []  # its own refusal comes first

    def handle(self, **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo is for rehearsal: a production portal is never seeded.")
        from portal.testing import demo

        apply_clock()
        if demo.is_there():
            self.stdout.write("The demo is there already.")
            return
        demo.seed(on=clock.today())
        self.stdout.write("The demo is there: portal/testing/cast.py says who is who.")
