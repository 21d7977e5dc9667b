"""Pages that say what would follow: beside “Save” stands a button that saves nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.staff.admins import KeptAdmin, Section

NAME = "_preview"


@dataclass(frozen=True, slots=True)
class Button:
    """As the line of buttons below a form shows it, next to “Save”."""

    action_name: str
    description: str | Promise
    icon: str = ""
    attrs: Mapping[str, str] = field(default_factory=dict)


BUTTON = Button(NAME, _("Preview"))


@dataclass(frozen=True, slots=True)
class Typed:
    """A page as typed: the row and those below it, valid and unsaved."""

    row: Any
    formsets: Sequence[BaseModelFormSet]

    @property
    def below(self) -> list[Any]:
        """The rows of the page's inlines that would be there afterwards."""
        return [form.instance for form in self._kept() if form.instance.pk or form.has_changed()]

    @property
    def changed_below(self) -> list[Any]:
        """Those among them that would be added or changed."""
        return [form.instance for form in self._kept() if form.has_changed()]

    def _kept(self) -> Iterator[ModelForm]:
        for formset in self.formsets:
            deleted = formset.deleted_forms
            yield from (form for form in formset.forms if form not in deleted)


class PreviewedAdmin(KeptAdmin):
    """A page with a preview: what is typed is checked as for saving and shown again as it is, below
    what would follow from it."""

    change_form_outer_before_template = "staff/previews.html"

    def get_preview(self, typed: Typed) -> list[Section]:
        """What would follow from what is typed. Must not write."""
        raise NotImplementedError

    def get_notices(self, _row: Any) -> Sequence[str]:
        """What the editors of a stored row should know."""
        return ()

    def get_form(self, request: HttpRequest, *args: Any, **options: Any) -> type[ModelForm]:
        form: type[ModelForm] = super().get_form(request, *args, **options)
        return _never_accepted(form) if _is_preview(request) else form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        if _is_preview(request) and not form.errors and all(one.is_valid() for one in formsets):
            context["preview"] = self.get_preview(Typed(form.instance, formsets))
        elif context["original"]:
            context["notices"] = self.get_notices(context["original"])
        if self._may_save(request, context["original"]):
            context["actions_submit_line"] = [BUTTON]
        return super().render_change_form(request, context, *args, **options)

    def _may_save(self, request: HttpRequest, row: Any) -> bool:
        if row is None:
            return bool(self.has_add_permission(request))
        return bool(self.has_change_permission(request, row))


def _is_preview(request: HttpRequest) -> bool:
    return request.method == "POST" and NAME in request.POST


def _never_accepted(form_class: type[ModelForm]) -> type[ModelForm]:
    """The same form, checked as ever, which never lets itself be saved."""

    class Previewed(form_class):  # type: ignore[misc, valid-type]
        def is_valid(self) -> bool:
            super().is_valid()
            return False

    return Previewed
