"""What the pages of points, of questions, of the team and of notifications ask for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from partners.models import Account, Choice, Membership, PointsEntry
from partners.notifications import Kind
from partners.roles import MANAGES, Role
from partners.rules import QUESTION_LENGTH


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


class QuestionForm(forms.Form):
    """What somebody wants to know about a line."""

    text = forms.CharField(
        label=_("Your question"),
        help_text=_("What did you expect, and why? Your team sees question and answer."),
        max_length=QUESTION_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class NotificationsForm(forms.Form):
    """A switch for each kind of mail; of what comes often, how often."""

    def __init__(
        self, *args: Any, kinds: Iterable[Kind], now: Mapping[str, Choice], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update({kind.key: _field(kind, now[kind.key]) for kind in kinds})

    @property
    def choices(self) -> dict[str, Choice]:
        """What was chosen, by kind."""
        return {key: _choice(value) for key, value in self.cleaned_data.items()}


def _field(kind: Kind, now: Choice) -> forms.Field:
    if Choice.ON in kind.choices:
        return forms.BooleanField(
            label=str(kind.name), help_text=str(kind.what), required=False, initial=now is Choice.ON
        )
    return forms.ChoiceField(
        label=str(kind.name),
        help_text=str(kind.what),
        choices=[(choice.value, choice.label) for choice in kind.choices],
        widget=forms.RadioSelect,
        initial=now.value,
    )


def _choice(value: bool | str) -> Choice:  # noqa: FBT001 - a switch's value
    if isinstance(value, bool):
        return Choice.ON if value else Choice.OFF
    return Choice(value)
