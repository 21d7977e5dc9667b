"""What claims add to an account's activity log."""

from django.utils.translation import gettext_lazy as _

from partners.activities import say

say(
    {
        "claim_submitted": _("claimed %(site)s"),
        "claim_withdrawn": _("withdrew the claim on %(site)s"),
    }
)
