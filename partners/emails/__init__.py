"""What partners are told: team, points, rank, badge, marketplace; and what visitors ask them."""

from partners.emails import adjustments, badges, marketplace, points, questions, rank, team

__all__ = ["adjustments", "badges", "marketplace", "points", "questions", "rank", "team"]
