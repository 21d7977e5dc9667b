"""What partners are told: about their team, points that landed, and their rank."""

from partners.emails import points, rank, team

__all__ = ["points", "rank", "team"]
