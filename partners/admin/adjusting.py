"""The page on which an account's points are adjusted: asked, shown what follows, confirmed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from partners.actions.adjustments import Asked, ask_for_adjustment
from partners.adjusted import Adjusted, adjustable_years, if_adjusted
from partners.errors import YearOutOfReachError
from partners.models import Account, AdjustmentRequest, LineQuestion, ProgrammeYear
from partners.models.adjustments import REASONS
from partners.rules import (
    ADJUSTED_ALONE_UP_TO,
    ADJUSTED_AT_MOST,
    AdjustmentReason,
    needs_second_person,
)
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.refs import new_ref
from portal.mail.tasks import send_mail
from portal.staff.identity import confirm_identity

PERMISSION = "partners.add_adjustmentrequest"
NAME = "partners_account_adjustment"


class AdjustmentForm(forms.Form):
    """How many points, of which year, and why. `seen` is what was shown before confirming."""

    points = forms.IntegerField(
        label=_("Points"),
        help_text=_("With a minus to take points away."),
        min_value=-ADJUSTED_AT_MOST,
        max_value=ADJUSTED_AT_MOST,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    year = forms.ModelChoiceField(
        ProgrammeYear.objects.none(),
        label=_("Year"),
        help_text=_("A closed year takes points too; its rank stays as closing has fixed it."),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.ChoiceField(label=_("Reason"), choices=REASONS, widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        label=_("Note"),
        help_text=_("The account reads reason and note in its ledger and by mail, word for word."),
        max_length=AdjustmentRequest._meta.get_field("note").max_length,  # noqa: SLF001
        widget=UnfoldAdminTextInputWidget,
    )
    question = forms.ModelChoiceField(
        LineQuestion.objects.none(), required=False, widget=forms.HiddenInput
    )
    ref = forms.RegexField(r"^[0-9a-z]{1,16}$", widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        year: Any = self.fields["year"]
        year.queryset = adjustable_years(account, on=clock.today())
        year.label_from_instance = _year_in_words
        question: Any = self.fields["question"]
        question.queryset = LineQuestion.objects.in_account(account)

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if not points:
            raise forms.ValidationError(_("An adjustment changes something: not 0 points."))
        return points


def _year_in_words(year: ProgrammeYear) -> str:
    return _now("%(year)s (closed)") % {"year": year} if year.closed_at else str(year)


class AdjustingPoints:
    """Under an account's page: what is typed is shown with what follows, then confirmed."""

    def urls(self, admin: ModelAdmin) -> list[URLPattern]:
        def page(request: HttpRequest, account: int) -> HttpResponse:
            return self.page(admin, request, account)

        return [path("<int:account>/adjustment/", admin.admin_site.admin_view(page), name=NAME)]

    def page(self, admin: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
        """GET asks; POST shows what follows, and does it once that has been seen."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        confirm_identity(request)
        account = get_object_or_404(Account.objects.select_related("enrolment"), pk=pk)
        if not hasattr(account, "enrolment"):
            messages.warning(request, _("Only accounts in the programme have points to adjust."))
            return redirect("admin:partners_account_change", pk)
        form = AdjustmentForm(
            request.POST or None, account=account, initial=_initial(request, account)
        )
        adjusted = _adjusted(account, form)
        if adjusted and _is_confirmed(form, adjusted) and (made := _ask(request, account, form)):
            return redirect("admin:partners_adjustmentrequest_change", made.pk)
        return self._show(admin, request, account, form, adjusted)

    def _show(
        self,
        admin: ModelAdmin,
        request: HttpRequest,
        account: Account,
        form: AdjustmentForm,
        adjusted: Adjusted | None,
    ) -> HttpResponse:
        context = {
            **admin.admin_site.each_context(request),
            "title": _("Adjust points"),
            "opts": admin.opts,
            "account": account,
            "form": form,
            "adjusted": adjusted,
            "waits": adjusted is not None and needs_second_person(form.cleaned_data["points"]),
            "alone_up_to": ADJUSTED_ALONE_UP_TO,
        }
        request.current_app = admin.admin_site.name
        return TemplateResponse(request, "staff/adjustment.html", context)


def _initial(request: HttpRequest, account: Account) -> dict[str, Any]:
    """This year; where it follows from a question, that one and the year of its line."""
    named = request.GET.get("question", "")
    asked = LineQuestion.objects.in_account(account).select_related("entry")
    question = asked.filter(pk=named).first() if named.isdecimal() else None
    if question is None:
        return {"ref": new_ref(), "year": adjustable_years(account, on=clock.today()).first()}
    day = date_format(question.entry.credited_on, "DATE_FORMAT")
    return {
        "ref": new_ref(),
        "year": question.entry.programme_year_id,
        "question": question.pk,
        "note": _now("About your question on the line of %(day)s.") % {"day": day},
    }


def _adjusted(account: Account, form: AdjustmentForm) -> Adjusted | None:
    """What would follow from what is typed, if that is in order."""
    if not form.is_valid():
        return None
    typed = form.cleaned_data
    return if_adjusted(account, year=typed["year"], points=typed["points"], on=clock.today())


def _is_confirmed(form: AdjustmentForm, adjusted: Adjusted) -> bool:
    """Whether what follows has been seen; of a form sent twice, whether it was the first time."""
    typed = form.cleaned_data
    made = AdjustmentRequest.objects.filter(ref=typed["ref"])
    return bool(typed["seen"] == adjusted.seen) or made.exists()


def _ask(request: HttpRequest, account: Account, form: AdjustmentForm) -> AdjustmentRequest | None:
    """Do it, and say what came of it; what was refused is told in the form."""
    typed = form.cleaned_data
    asked = Asked(
        ref=typed["ref"],
        year=typed["year"].year,
        points=typed["points"],
        reason=AdjustmentReason(typed["reason"]),
        note=typed["note"],
        question=typed["question"],
    )
    try:
        made = ask_for_adjustment(account, asked, by=request.user, at=clock.now())  # type: ignore[arg-type]
    except YearOutOfReachError:
        form.add_error("year", _("The account was not in the programme in that year."))
        return None
    if made.needs_second_person:
        messages.info(request, _("Nothing is booked yet: a second person has to approve it."))
    else:
        nudge(send_mail)
        messages.success(request, _("Booked. The account is told by mail."))
    return made
