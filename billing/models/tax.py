"""Tax: a rate per country and kind of product, from a day on."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import KINDS
from billing.rules import Kind
from portal.lib.history import tracked
from portal.lib.money import PercentField, tax_in_words


@tracked()
class TaxRate(models.Model):
    """What is added to a price for accounts in a country, for charges from a day on.

    A rate without a kind is for every kind that has none of its own.
    """

    country = models.CharField(_("country"), max_length=2, help_text=_("ISO 3166 code"))
    kind = models.CharField(
        _("kind"), max_length=24, choices=KINDS, blank=True, help_text=_("empty: every other kind")
    )
    name = models.CharField(_("name"), max_length=40, help_text=_("as the invoice calls it"))
    percent = PercentField(verbose_name=_("percent"))
    from_on = models.DateField(_("for charges from"))

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ("country", "kind", "-from_on")
        constraints = [
            models.UniqueConstraint(
                fields=["country", "kind", "from_on"], name="tax_rate_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="tax_rate_country_is_iso"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["", *(kind.value for kind in Kind)]),
                name="tax_rate_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="tax_rate_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return f"{tax_in_words(self.name, self.percent)} · {self.country}"
