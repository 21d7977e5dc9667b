"""What the home's pages ask for."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MANY_UPGRADES = 200


class WhatIf(forms.Form):
    """So many more sites, upgraded on a day of this year."""

    sites = forms.IntegerField(
        label=_("More upgrades"), min_value=1, max_value=MANY_UPGRADES, initial=3
    )
    on = forms.DateField(
        label=_("Upgraded on"),
        required=False,
        help_text=_("today, if left empty"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.last = date(today.year, 12, 31)
        self.fields["on"].widget.attrs |= {"min": today.isoformat(), "max": self.last.isoformat()}

    def clean_on(self) -> date:
        """Today where no day is given; a day outside the rest of the year says nothing of it."""
        day: date = self.cleaned_data["on"] or self.today
        if not self.today <= day <= self.last:
            raise forms.ValidationError(_("Choose a day from today to the end of this year."))
        return day
