"""By what staff find an invoice from any page."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice
from portal.staff.finding import Findable
from portal.staff.site import admin_site

admin_site.findable.append(
    Findable(
        title=_("Invoices"),
        model=Invoice,
        ways=lambda term: [Q(number__startswith=term.upper()), Q(ref=term)],
        words=lambda invoice: invoice.number,
        detail=lambda invoice: f"{invoice.account.name} · {invoice.get_state_display()}",
        select_related=("account",),
    )
)
