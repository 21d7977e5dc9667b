"""What the pages of points and of the team ask for."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from partners.models import Account, Membership, PointsEntry
from partners.roles import MANAGES, Role


class LedgerFilter(forms.Form):
    """What the ledger can be narrowed to."""

    q = forms.CharField(label=_("Site"), required=False, max_length=100)
    year = forms.TypedChoiceField(label=_("Counts for"), required=False, coerce=int)
    lines = forms.ChoiceField(
        label=_("Lines"),
        required=False,
        choices=[("", _("All")), ("gained", _("Gained")), ("lost", _("Lost"))],
    )

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: list[tuple[Any, Any]] = [("", _("Every year"))]
        self.fields["year"].choices = every + [(year, year) for year in years]  # type: ignore[attr-defined]

    def narrow(self, lines: QuerySet[PointsEntry]) -> QuerySet[PointsEntry]:
        """The lines asked for; all of them where nothing sensible was."""
        chosen = self.cleaned_data if self.is_valid() else {}
        if address := chosen.get("q"):
            lines = lines.filter(site__address__icontains=address)
        if year := chosen.get("year"):
            lines = lines.filter(programme_year=year)
        if chosen.get("lines") == "gained":
            lines = lines.filter(points__gt=0)
        elif chosen.get("lines") == "lost":
            lines = lines.filter(points__lt=0)
        return lines


def _choices(of: Role) -> list[tuple[str, Any]]:
    """The roles that somebody of this role may give, the least first."""
    return [(role.value, role.label) for role in reversed(Role) if role in MANAGES[of]]


class InvitationForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The invitation can only be accepted by whoever proves that this is theirs."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, by: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _choices(by)  # type: ignore[attr-defined]
        self.fields["role"].initial = Role.MEMBER


class RoleForm(forms.Form):
    """Another role for somebody."""

    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, by: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _choices(by)  # type: ignore[attr-defined]


class TransferForm(forms.Form):
    """Who is to be the owner."""

    seat = forms.ModelChoiceField(
        Membership.objects.none(), label=_("New owner"), empty_label=_("Choose a member")
    )

    def __init__(self, *args: Any, account: Account, own: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = account.memberships.exclude(user=own).select_related("user", "account")
        field: Any = self.fields["seat"]
        field.queryset = others.order_by("user__name", "id")
        field.label_from_instance = lambda seat: f"{seat.user} ({seat.user.email})"
