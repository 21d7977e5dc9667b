"""What billing adds to an account's activity log."""

from django.utils.translation import gettext_lazy as _

from partners.activities import say

say(
    {
        "ordered": _("ordered %(plan)s"),
        "ordered_coupons": _("ordered %(quantity)s coupons for %(plan)s"),
        "coupon_used": _("used a coupon for %(plan)s"),
        "cancelled": _("cancelled %(plan)s"),
        "cancellation_taken_back": _("took back the cancellation of %(plan)s"),
        "revived": _("revived %(plan)s"),
        "plan_change_asked": _("asked to change %(plan)s to %(to)s with the next renewal"),
        "plan_change_taken_back": _("took back the change of %(plan)s"),
        "card_added": _("added %(card)s"),
        "card_made_default": _("made %(card)s the default card"),
        "card_removed": _("removed %(card)s"),
        "charged_to": _("had %(plan)s charged to %(card)s"),
        "charged_to_default": _("had %(plan)s charged to the default card"),
        "invoice_address": _("had invoices sent to %(email)s"),
    }
)
