"""The audit trail, on screen."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from o2o.console import ConsoleForm, Nav, NavGroup, Page, page
from o2o.events.audit import AuditQuery, audited_models
from o2o.events.console.changes import audit_page
from o2o.tenancy.capabilities import Capability


class AuditForm(ConsoleForm):
    """Which entries of the trail to show."""

    kind = forms.ChoiceField(label=_("Kind of thing"), required=False)
    act = forms.ChoiceField(
        label=_("Kind of change"),
        required=False,
        choices=[
            ("", _("all")),
            ("created", pgettext_lazy("audit", "created")),
            ("changed", pgettext_lazy("audit", "changed")),
            ("deleted", pgettext_lazy("audit", "deleted")),
        ],
    )
    actor = forms.CharField(label=_("Who"), required=False, max_length=100)
    row_id = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(kind, model.pgh_tracked_model._meta.verbose_name) for kind, model in audited_models().items()]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("all")), *kinds]


@page
class AuditTrail(Page):
    """Who changed what, when, from where."""

    name = "audit"
    path = "audit/"
    title = _("Audit trail")
    intro = _("Every change, written down by the database itself, whoever made it. Nobody can alter or delete entries.")
    policy = Capability.AUDIT_READ
    nav = Nav(NavGroup.SETTINGS, "history", 90)
    template = "console/audit.html"

    def context(self) -> dict[str, Any]:
        form = AuditForm(self.request.GET or None)
        values = form.cleaned_data if form.is_bound and form.is_valid() else {}
        wanted = AuditQuery(
            kind=values.get("kind", ""),
            act=values.get("act", ""),
            object_id=values.get("row_id", ""),
            actor=values.get("actor", ""),
        )
        found = audit_page(wanted=wanted, after=self.request.GET.get("after", ""))
        query = self.request.GET.copy()
        query.pop("after", None)
        filters = query.urlencode()
        query["after"] = found.after or ""
        return {
            "form": form,
            "entries": found.entries,
            "next_url": f"?{query.urlencode()}" if found.after else "",
            "first_url": f"?{filters}" if self.request.GET.get("after") else "",
            "is_filtered": any(values.values()),
        }
