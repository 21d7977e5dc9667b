"""What claims tell the partner who submitted them. Their clients are asked, not notified."""

from django.utils.translation import gettext_lazy as _

from partners.notifications import Kind, register
from partners.roles import Can

register(
    Kind(
        key="claims",
        name=_("Claim answered"),
        what=_("When a claim of yours is answered, the answer changes, or it ends without one."),
        letters=(
            "claims/answered",
            "claims/answered_by_staff",
            "claims/lapsed",
            "claims/merged",
            "claims/moved",
            "claims/reinstated_partner",
        ),
        permission=Can.SUBMIT_CLAIMS,
    )
)
