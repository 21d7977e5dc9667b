"""Renewals announced because they cost more, as they were told."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import PriceNotice
from portal.lib.money import in_words
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.site import admin_site


@admin.register(PriceNotice, site=admin_site)
class PriceNoticeAdmin(ReadOnlyAdmin):
    """What an account was told a renewal would cost, and since when it knew."""

    list_display = (
        "of_account",
        "of_subscription",
        "before",
        "after",
        "was_sale",
        "charge_on",
        "announced_on",
    )
    list_select_related = (
        "subscription__account",
        "subscription__plan__product",
        "subscription__site",
    )
    list_filter = ("was_sale",)
    search_fields = (
        "subscription__account__name__icontains",
        "subscription__account__email__iexact",
        "subscription__account__ref__exact",
        "subscription__site__address__icontains",
        "subscription__ref__exact",
    )
    ordering = ("-announced_on", "-id")
    fields = (
        ("of_account", "of_subscription"),
        ("before", "after", "was_sale"),
        ("starts_on", "charge_on", "announced_on"),
    )
    readonly_fields = ("of_account", "of_subscription", "before", "after")

    @display(description=_("account"))
    def of_account(self, notice: PriceNotice) -> str:
        return link_to(notice.subscription.account)

    @display(description=_("subscription"))
    def of_subscription(self, notice: PriceNotice) -> str:
        return link_to(notice.subscription)

    @display(description=_("before"))
    def before(self, notice: PriceNotice) -> str:
        return in_words(notice.amount_before, notice.currency)

    @display(description=_("after"))
    def after(self, notice: PriceNotice) -> str:
        return in_words(notice.amount_after, notice.currency)
