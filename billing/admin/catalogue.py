"""The catalogue: edited by staff, with dates from which it holds, and previews of them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.admin.catalogue_forms import (
    PriceForm,
    PriceFormSet,
    ProductForm,
    SaleOfferForm,
    SaleOfferFormSet,
)
from billing.admin.previews import notices_of, offer_sections, price_sections, timeline_section
from billing.models import Plan, Price, Product, Sale, SaleOffer
from portal.lib import clock
from portal.lib.money import in_words
from portal.staff.admins import EditableInline, KeptAdmin, Section
from portal.staff.previews import PreviewedAdmin, Typed
from portal.staff.site import admin_site


class PlanInline(EditableInline):
    model = Plan
    fields = ("cycle", "is_sold")
    show_change_link = True
    can_delete = False


@admin.register(Product, site=admin_site)
class ProductAdmin(KeptAdmin):
    form = ProductForm
    list_display = ("name", "kind", "tier", "code")
    list_filter = ("kind",)
    search_fields = ("name__icontains", "code__icontains")
    fields = (("name", "code"), ("kind", "tier"), "description")
    inlines = (PlanInline,)
    history_below = ((Plan, "product_id"),)


class PriceInline(EditableInline):
    model = Price
    form = PriceForm
    formset = PriceFormSet
    fields = ("currency", "amount", "new_from", "existing_from")
    can_delete = False


@admin.register(Plan, site=admin_site)
class PlanAdmin(PreviewedAdmin):
    """A product on a cycle, with every version of its prices."""

    list_display = ("product", "cycle", "is_sold")
    list_select_related = ("product",)
    list_filter = ("cycle", "is_sold")
    search_fields = ("product__name__icontains", "product__code__icontains")
    fields = (("product", "cycle"), "is_sold")
    autocomplete_fields = ("product",)
    inlines = (PriceInline,)
    history_below = ((Price, "plan_id"),)

    def get_readonly_fields(self, request: HttpRequest, obj: Plan | None = None) -> tuple[str, ...]:
        return ("product", "cycle") if obj else ()

    def get_preview(self, typed: Typed) -> list[Section]:
        return price_sections(typed.row, typed.changed_below, on=clock.today())

    def get_notices(self, row: Plan) -> Sequence[str]:
        return notices_of(row, on=clock.today())

    def get_sections(self, request: HttpRequest, row: Plan) -> list[Section]:
        """The timeline of its prices and sales, and the history."""
        return [timeline_section(row, on=clock.today()), *super().get_sections(request, row)]


@admin.register(Price, site=admin_site)
class PriceAdmin(PreviewedAdmin):
    form = PriceForm
    list_display = ("plan", "in_currency", "new_from", "existing_from")
    list_select_related = ("plan__product",)
    search_fields = ("plan__product__name__icontains", "plan__product__code__icontains")
    fields = ("plan", ("currency", "amount"), ("new_from", "existing_from"))
    autocomplete_fields = ("plan",)

    @display(description=_("amount"))
    def in_currency(self, price: Price) -> str:
        return in_words(price.amount, price.currency)

    def get_preview(self, typed: Typed) -> list[Section]:
        return price_sections(typed.row.plan, [typed.row], on=clock.today())


class SaleOfferInline(EditableInline):
    model = SaleOffer
    form = SaleOfferForm
    formset = SaleOfferFormSet
    fields = ("plan", "starts_on", "ends_on", "percent_off", "amount", "currency")
    autocomplete_fields = ("plan",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        offers: QuerySet = super().get_queryset(request)
        return offers.select_related("plan__product", "sale")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Plans are made on their products' pages, not from here."""
        form_field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name == "plan":
            for verb in ("add", "change", "delete", "view"):
                setattr(form_field.widget, f"can_{verb}_related", False)
        return form_field


@admin.register(Sale, site=admin_site)
class SaleAdmin(PreviewedAdmin):
    """A campaign and what it offers."""

    list_display = ("name", "code")
    search_fields = ("name__icontains", "code__icontains")
    fields = (("name", "code"),)
    inlines = (SaleOfferInline,)
    history_below = ((SaleOffer, "sale_id"),)

    def get_preview(self, typed: Typed) -> list[Section]:
        return offer_sections(typed.below)
