"""What partners are told: about their team, their points, questions, badge and rank."""

from partners.emails import adjustments, badges, points, questions, rank, team

__all__ = ["adjustments", "badges", "points", "questions", "rank", "team"]
