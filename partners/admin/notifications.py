"""Who chose not to be told something, or to be told less often."""

from django.contrib import admin
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from partners.models import NotificationChoice
from partners.notifications import every_kind
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.site import admin_site


@admin.register(NotificationChoice, site=admin_site)
class NotificationChoiceAdmin(ReadOnlyAdmin):
    """What differs from the default; each person changes it for themselves."""

    list_display = ("of_person", "of_account", "of_kind", "choice", "chosen_at")
    list_select_related = ("user", "account")
    list_filter = ("choice",)
    search_fields = (
        "user__email__iexact",
        "user__name__icontains",
        "account__name__icontains",
        "account__email__iexact",
        "account__ref__exact",
    )
    ordering = ("-id",)
    fields = (("of_person", "of_account"), ("of_kind", "choice", "chosen_at"))
    readonly_fields = ("of_person", "of_account", "of_kind")

    @display(description=_("person"))
    def of_person(self, chosen: NotificationChoice) -> str:
        return link_to(chosen.user)

    @display(description=_("account"))
    def of_account(self, chosen: NotificationChoice) -> str:
        return link_to(chosen.account)

    @display(description=_("kind"))
    def of_kind(self, chosen: NotificationChoice) -> Promise | str:
        """Its name; of a kind nobody knows any more, its key."""
        return next((kind.name for kind in every_kind() if kind.key == chosen.kind), chosen.kind)
