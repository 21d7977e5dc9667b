"""Pages of the programme, the team, and the badge."""
