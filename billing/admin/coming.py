"""What will be charged over the coming days, for staff: by kind and currency, and as CSV."""

from collections.abc import Iterator
from datetime import date, timedelta

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from billing.catalogue.charges import Forecast, Step, forecast
from portal.lib import clock
from portal.lib.csv import csv_response

PERMISSION = "billing.view_subscription"
MOST_DAYS = 92
STEPS = [(Step.DAY.value, _("day by day")), (Step.MONTH.value, _("month by month"))]


class PeriodForm(forms.Form):
    """How far ahead, and how finely told apart."""

    days = forms.IntegerField(
        label=_("Days ahead, today included"),
        min_value=1,
        max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    step = forms.ChoiceField(label=_("Shown"), choices=STEPS, widget=UnfoldAdminSelectWidget)


ASKED_FIRST = {"days": "30", "step": Step.DAY.value}


class ComingCharges:
    """The dry run's page and its CSV, under the list of subscriptions."""

    def urls(self, admin: ModelAdmin) -> list[URLPattern]:
        page = admin.admin_site.admin_view(lambda request: self.page(admin, request))
        csv = admin.admin_site.admin_view(self.csv)
        return [
            path("coming/", page, name="billing_subscription_coming"),
            path("coming/csv/", csv, name="billing_subscription_coming_csv"),
        ]

    def page(self, admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
        form = _asked(request)
        context = {
            **admin.admin_site.each_context(request),
            "title": _("Coming charges"),
            "opts": admin.opts,
            "form": form,
            "found": _forecast(form) if form.is_valid() else None,
            "last_day": _last_day(form) if form.is_valid() else None,
            "is_by_month": form.data["step"] == Step.MONTH.value,
        }
        request.current_app = admin.admin_site.name
        return TemplateResponse(request, "staff/catalogue/coming.html", context)

    def csv(self, request: HttpRequest) -> HttpResponseBase:
        form = _asked(request)
        if not form.is_valid():
            return redirect(f"../?{request.GET.urlencode()}")
        return csv_response(
            f"coming-charges-{clock.today()}.csv",
            ["from", "kind", "currency", "renewals", "amount"],
            _csv_rows(_forecast(form)),
        )


def _asked(request: HttpRequest) -> PeriodForm:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return PeriodForm({**ASKED_FIRST, **request.GET.dict()})


def _last_day(form: PeriodForm) -> date:
    return clock.today() + timedelta(days=form.cleaned_data["days"] - 1)


def _forecast(form: PeriodForm) -> Forecast:
    return forecast(on=clock.today(), until=_last_day(form), step=Step(form.cleaned_data["step"]))


def _csv_rows(found: Forecast) -> Iterator[tuple[object, ...]]:
    for row in found.rows:
        yield row.on, row.kind.value, row.currency, row.renewals, row.amount
