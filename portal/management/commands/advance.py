"""`manage.py advance --to DATE`: rehearse the programme's life up to a date."""

import json
from collections import Counter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.home.advance import DayReport, NotInProductionError, advance
from portal.lib import clock
from portal.rehearsal import apply_clock


class Command(BaseCommand):
    help = (
        "Move the portal's clock day by day to a date, running on each day every periodic job that"
        " production runs. Rehearsal only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", required=True, type=date.fromisoformat, metavar="DATE", help="YYYY-MM-DD"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object a day instead of a table"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        apply_clock()
        today, to = clock.today(), options["to"]
        if to <= today:
            raise CommandError(f"It is {today} already: --to must be later.")
        totals: Counter[str] = Counter()
        try:
            for report in advance(to=to):
                self._print(report, as_json=options["json"])
                for counts in report.counts.values():
                    totals.update(counts)
        except NotInProductionError:
            raise CommandError(
                "The clock of a production portal cannot be moved (PORTAL_MODE=production)."
            ) from None
        if not options["json"]:
            summary = ", ".join(f"{name} {count}" for name, count in sorted(totals.items()))
            self.stdout.write(
                self.style.SUCCESS(f"It is {to} now. {summary or 'Nothing was due.'}")
            )

    def _print(self, report: DayReport, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"day": report.day.isoformat(), "jobs": report.counts}))
        elif report.counts:
            told = "; ".join(
                f"{task.rpartition('.')[2]}: "
                + ", ".join(f"{name} {count}" for name, count in counts.items())
                for task, counts in report.counts.items()
            )
            self.stdout.write(f"{report.day}  {told}")
