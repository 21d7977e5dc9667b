"""What an account has earned, as a test reads it."""

from partners.models import Account, PointsEntry, Standing


def ledger(account: Account) -> list[tuple[str, int, int]]:
    """Kind, points and programme year of each line, oldest first."""
    lines = PointsEntry.objects.filter(account=account).order_by("id")
    return list(lines.values_list("kind", "points", "programme_year"))


def points(account: Account, year: int = 2026) -> int:
    """The account's standing in a year."""
    standing = Standing.objects.filter(account=account, programme_year=year).first()
    return standing.points if standing else 0
