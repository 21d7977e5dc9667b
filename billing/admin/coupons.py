"""Plans sold in bulk: volume prices, edited; batches, coupons and their use, shown."""

from django.contrib import admin
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.admin.money import BY_ACCOUNT
from billing.models import Coupon, CouponBatch, Redemption, VolumePrice
from billing.models.coupons import CouponBatchQuerySet, CouponQuerySet, CouponState
from portal.lib import clock
from portal.lib.money import in_words
from portal.staff.admins import KeptAdmin, ReadOnlyAdmin, ReadOnlyInline, link_to
from portal.staff.forms import WORDS, FixedOnceUsedForm
from portal.staff.site import admin_site

COUPON_COLOURS = {
    CouponState.UNUSED: "success",
    CouponState.USED: "info",
    CouponState.EXPIRED: "warning",
    CouponState.VOID: "danger",
}


class VolumePriceForm(FixedOnceUsedForm):
    """What somebody has paid stays on record; another price is another row, from its day on."""

    fixed = ("plan", "currency", "min_quantity", "amount", "from_on")
    refusal = _("Somebody has bought at this price. Add a new one with the day it holds from.")

    class Meta:
        labels = {"from_on": _("For purchases from")}
        error_messages = {NON_FIELD_ERRORS: {"unique_together": WORDS["volume_price_once"]}}

    def is_used(self) -> bool:
        """By what is stored, not by what was typed."""
        price = VolumePrice.objects.get(pk=self.instance.pk)
        return CouponBatch.objects.filter(
            plan=price.plan_id,
            currency=price.currency,
            quantity__gte=price.min_quantity,
            unit_amount=price.amount,
            bought_on__gte=price.from_on,
        ).exists()


@admin.register(VolumePrice, site=admin_site)
class VolumePriceAdmin(KeptAdmin):
    form = VolumePriceForm
    list_display = ("plan", "min_quantity", "in_currency", "from_on")
    list_select_related = ("plan__product",)
    search_fields = ("plan__product__name__icontains", "plan__product__code__icontains")
    fields = ("plan", ("min_quantity", "from_on"), ("currency", "amount"))
    autocomplete_fields = ("plan",)

    @display(description=_("amount each"))
    def in_currency(self, price: VolumePrice) -> str:
        return in_words(price.amount, price.currency)


class _CouponColumns:
    """What became of a coupon, and where; its rows come with their state."""

    @display(description=_("state"))
    def state(self, coupon: Coupon) -> str:
        return str(CouponState(coupon.state).label)  # type: ignore[attr-defined]  # annotated

    @display(description=_("state"), label=COUPON_COLOURS)
    def state_label(self, coupon: Coupon) -> tuple[str, str]:
        state = CouponState(coupon.state)  # type: ignore[attr-defined]  # annotated
        return state, str(state.label)

    @display(description=_("used for"))
    def used_for(self, coupon: Coupon) -> str:
        return link_to(coupon.redemption.site) if hasattr(coupon, "redemption") else "–"


class CouponInline(_CouponColumns, ReadOnlyInline):
    model = Coupon
    fields = ("code", "state", "used_for")
    readonly_fields = fields
    show_change_link = True
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        coupons: CouponQuerySet = super().get_queryset(request)
        return coupons.with_state(clock.today()).select_related("redemption__site")


@admin.register(CouponBatch, site=admin_site)
class CouponBatchAdmin(ReadOnlyAdmin):
    """What was bought at once, and how much of it was used."""

    list_display = ("__str__", "of_account", "each", "used", "bought_on", "last_on", "of_invoice")
    list_select_related = ("plan__product", "account", "invoice_line__invoice")
    search_fields = (
        "ref__exact",
        "coupons__code__iexact",
        "coupons__redemption__site__address__icontains",
        *BY_ACCOUNT,
    )
    ordering = ("-id",)
    fields = (
        ("account", "of_invoice"),
        ("plan", "quantity", "each"),
        ("bought_on", "bought_by", "last_on"),
        "ref",
    )
    readonly_fields = ("each", "of_invoice", "last_on")
    inlines = (CouponInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        batches: CouponBatchQuerySet = super().get_queryset(request)
        return batches.counted(clock.today())

    @display(description=_("account"))
    def of_account(self, batch: CouponBatch) -> str:
        return link_to(batch.account)

    @display(description=_("amount each"))
    def each(self, batch: CouponBatch) -> str:
        return in_words(batch.unit_amount, batch.currency)

    @display(description=_("used"))
    def used(self, batch: CouponBatch) -> int:
        return batch.used  # type: ignore[attr-defined,no-any-return]  # annotated

    @display(description=_("valid through"))
    def last_on(self, batch: CouponBatch) -> str:
        return date_format(batch.last_on, "DATE_FORMAT")

    @display(description=_("invoice"))
    def of_invoice(self, batch: CouponBatch) -> str:
        return link_to(batch.invoice_line.invoice)


@admin.register(Coupon, site=admin_site)
class CouponAdmin(_CouponColumns, ReadOnlyAdmin):
    """One code, what became of it, and where."""

    list_display = ("code", "state_label", "of_batch", "of_account", "used_for")
    list_select_related = ("batch__plan__product", "batch__account", "redemption__site")
    search_fields = (
        "code__iexact",
        "redemption__site__address__icontains",
        *(f"batch__{lookup}" for lookup in BY_ACCOUNT),
    )
    ordering = ("-id",)
    fields = ("code", "state", ("of_batch", "of_account"), "used_for")
    readonly_fields = ("state", "of_batch", "of_account", "used_for")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        coupons: CouponQuerySet = super().get_queryset(request)
        return coupons.with_state(clock.today())

    @display(description=_("batch"))
    def of_batch(self, coupon: Coupon) -> str:
        return link_to(coupon.batch)

    @display(description=_("bought by"))
    def of_account(self, coupon: Coupon) -> str:
        return link_to(coupon.batch.account)


@admin.register(Redemption, site=admin_site)
class RedemptionAdmin(ReadOnlyAdmin):
    """Who used which coupon where."""

    list_display = ("redeemed_at", "of_coupon", "of_site", "redeemed_by", "of_subscription")
    list_select_related = (
        "coupon__batch",
        "site",
        "redeemed_by",
        "subscription__plan__product",
        "subscription__site",
        "subscription__account",
    )
    search_fields = (
        "coupon__code__iexact",
        "site__address__icontains",
        "redeemed_by__email__iexact",
        *(f"coupon__batch__{lookup}" for lookup in BY_ACCOUNT),
        *(f"subscription__{lookup}" for lookup in BY_ACCOUNT),
    )
    ordering = ("-id",)
    fields = (("coupon", "site"), "subscription", ("redeemed_at", "redeemed_by"))

    @display(description=_("coupon"))
    def of_coupon(self, used: Redemption) -> str:
        return link_to(used.coupon)

    @display(description=_("site"))
    def of_site(self, used: Redemption) -> str:
        return link_to(used.site)

    @display(description=_("subscription"))
    def of_subscription(self, used: Redemption) -> str:
        return link_to(used.subscription)
