"""What claims tell the partner who submitted them. Their clients are asked, not notified."""

from django.utils.translation import gettext_lazy as _

from partners.notifications import Kind, register
from partners.roles import Can

register(
    Kind(
        key="claims",
        name=_("Claim answered"),
        what=_("When a client answers a claim of yours or changes the answer, or nobody answers."),
        letters=("claims/answered", "claims/lapsed", "claims/reinstated_partner"),
        permission=Can.SUBMIT_CLAIMS,
    )
)
