"""The catalogue: edited by staff, with dates from which it holds."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import InvoiceLine, Plan, Price, Product, Sale, SaleOffer, Subscription
from portal.lib.money import in_words
from portal.staff.admins import EditableInline, KeptAdmin
from portal.staff.forms import WORDS, FixedOnceUsedForm
from portal.staff.site import admin_site


class PlanInline(EditableInline):
    model = Plan
    fields = ("cycle", "is_sold")
    show_change_link = True
    can_delete = False


class ProductForm(FixedOnceUsedForm):
    """What was bought as one kind of thing stays that kind of thing."""

    fixed = ("code", "kind")
    refusal = _("Somebody has subscribed to this product, so this stays as it is.")

    def is_used(self) -> bool:
        return Subscription.objects.filter(plan__product=self.instance).exists()


@admin.register(Product, site=admin_site)
class ProductAdmin(KeptAdmin):
    form = ProductForm
    list_display = ("name", "kind", "tier", "code")
    list_filter = ("kind",)
    search_fields = ("name__icontains", "code__icontains")
    fields = (("name", "code"), ("kind", "tier"), "description")
    inlines = (PlanInline,)
    history_below = ((Plan, "product_id"),)


class PriceForm(FixedOnceUsedForm):
    """Invoice lines name the price version they follow; a new price is a new version."""

    fixed = ("plan", "currency", "amount", "new_from", "existing_from")
    refusal = _("This price has been charged. Add a new one with the day it holds from.")

    def is_used(self) -> bool:
        return InvoiceLine.objects.filter(price=self.instance).exists()


class PriceInline(EditableInline):
    model = Price
    form = PriceForm
    fields = ("currency", "amount", "new_from", "existing_from")
    can_delete = False


@admin.register(Plan, site=admin_site)
class PlanAdmin(KeptAdmin):
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


@admin.register(Price, site=admin_site)
class PriceAdmin(KeptAdmin):
    form = PriceForm
    list_display = ("plan", "in_currency", "new_from", "existing_from")
    list_select_related = ("plan__product",)
    search_fields = ("plan__product__name__icontains", "plan__product__code__icontains")
    fields = ("plan", ("currency", "amount"), ("new_from", "existing_from"))
    autocomplete_fields = ("plan",)

    @display(description=_("amount"))
    def in_currency(self, price: Price) -> str:
        return in_words(price.amount, price.currency)


class SaleOfferFormSet(BaseInlineFormSet):
    """Also compares offers typed on the same page, which the database has not seen yet."""

    def clean(self) -> None:
        super().clean()
        kept: list[dict[str, Any]] = []
        for form in self.forms:
            typed = getattr(form, "cleaned_data", {})
            if not _is_whole(typed) or self._should_delete_form(form):  # type: ignore[attr-defined]
                continue
            for other in kept:
                self._refuse_both(form, typed, other)
            kept.append(typed)

    @staticmethod
    def _refuse_both(form: ModelForm, typed: dict[str, Any], other: dict[str, Any]) -> None:
        same_plan = typed["plan"] == other["plan"]
        both_percent = typed.get("percent_off") and other.get("percent_off")
        same_money = typed.get("currency") and typed.get("currency") == other.get("currency")
        if same_plan and both_percent and _overlap(typed, other):
            form.add_error("starts_on", ValidationError(WORDS["sale_offers_do_not_overlap"]))
        if same_plan and same_money and typed["starts_on"] == other["starts_on"]:
            form.add_error("starts_on", ValidationError(WORDS["sale_offer_starts_once"]))


def _is_whole(typed: dict[str, Any]) -> bool:
    return all(typed.get(name) for name in ("plan", "starts_on", "ends_on"))


def _overlap(one: dict[str, date], other: dict[str, date]) -> bool:
    return one["starts_on"] <= other["ends_on"] and other["starts_on"] <= one["ends_on"]


class SaleOfferForm(FixedOnceUsedForm):
    """Who bought at an offer was promised it; its end can still be moved."""

    fixed = ("plan", "starts_on", "percent_off", "amount", "currency")
    refusal = _("Somebody has bought at this offer, so it stays as it is. Its end can be moved.")

    def is_used(self) -> bool:
        return Subscription.objects.filter(sale_offer=self.instance).exists()

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("percent_off") is None and typed.get("amount") is None:
            raise ValidationError(WORDS["sale_offer_percent_or_amount"])
        return typed


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
class SaleAdmin(KeptAdmin):
    """A campaign and what it offers."""

    list_display = ("name", "code")
    search_fields = ("name__icontains", "code__icontains")
    fields = (("name", "code"),)
    inlines = (SaleOfferInline,)
    history_below = ((SaleOffer, "sale_id"),)
