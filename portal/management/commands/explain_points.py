"""`manage.py explain_points --account REF --on DATE`: why each site has or hasn't earned points."""

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from partners.explanations import Explanation
from partners.models import Account
from portal.home.points import explain_sites, sites_of
from portal.lib import clock
from portal.rehearsal import apply_clock


class Command(BaseCommand):
    help = "Say for every site of an account, owned or claimed, whether and when it earns points."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--account", required=True, metavar="REF", help="ours or the platform's"
        )
        parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="default: today")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        apply_clock()
        ref = options["account"]
        account = Account.objects.filter(Q(ref=ref) | Q(platform_ref=ref)).first()
        if account is None:
            raise CommandError(f"There is no account {ref}.")
        explained = explain_sites(
            account, list(sites_of(account)), on=options["on"] or clock.today()
        )
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(one) for one in explained], indent=2))
        else:
            for one in explained:
                self.stdout.write(f"{one.site.address}: {one.sentence}")


def _as_json(one: Explanation) -> dict[str, Any]:
    return {
        "site": one.site.address,
        "relation": one.relation.value,
        "state": one.state.value,
        "reason": one.reason.value,
        "event_on": one.event_on.isoformat() if one.event_on else None,
        "lands_on": one.lands_on.isoformat() if one.lands_on else None,
        "points": one.points,
        "programme_year": one.programme_year,
    }
