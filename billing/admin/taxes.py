"""Tax rates: added by staff with the day they hold from, kept once somebody was charged by them."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import InvoiceLine, TaxRate
from portal.staff.admins import KeptAdmin
from portal.staff.forms import FixedOnceUsedForm
from portal.staff.site import admin_site


class TaxRateForm(FixedOnceUsedForm):
    """A rate that was charged is a fact; another one is a row of its own, from its day on."""

    fixed = ("country", "kind", "name", "percent", "from_on")
    refusal = _("This rate has been charged. Add a new one with the day it holds from.")

    def clean_country(self) -> str:
        return str(self.cleaned_data["country"]).upper()

    def is_used(self) -> bool:
        """Whether a line was charged by what was stored; what is typed does not count."""
        rate = TaxRate.objects.get(pk=self.instance.pk)
        charged = InvoiceLine.objects.filter(
            tax_name=rate.name,
            tax_percent=rate.percent,
            tax_amount__gt=0,
            invoice__account__country=rate.country,
            invoice__due_on__gte=rate.from_on,
        )
        if rate.kind:
            charged = charged.filter(
                Q(subscription__plan__product__kind=rate.kind)
                | Q(coupon_batch__plan__product__kind=rate.kind)
            )
        return charged.exists()


@admin.register(TaxRate, site=admin_site)
class TaxRateAdmin(KeptAdmin):
    """What is added to prices, by country and kind of product."""

    form = TaxRateForm
    list_display = ("country", "of_kind", "name", "percent", "from_on")
    list_filter = ("kind",)
    search_fields = ("country__iexact", "name__icontains")
    fields = (("country", "kind"), ("name", "percent"), "from_on")

    @display(description=_("kind"))
    def of_kind(self, rate: TaxRate) -> str:
        return rate.get_kind_display() if rate.kind else str(_("every other kind"))
