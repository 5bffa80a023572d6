"""The page on which returned goods are taken in."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import Disposition
from channels.orders.models import Return, ReturnLine
from channels.orders.services.returning import ReceivedLine, receive_return
from o2o.console import ConsoleForm, FormPage, page, site
from o2o.console.forms import dress
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability


class ReceiveForm(ConsoleForm):
    """What arrived of each line and what becomes of it."""

    location_id = forms.ChoiceField(label=_("Received at"), choices=())

    def __init__(self, *args: Any, lines: list[ReturnLine], locations: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.fields["location_id"].choices = locations
        for line in lines:
            label = f"{line.order_line.sku} {line.order_line.name}".strip()
            self.fields[f"units-{line.pk}"] = forms.IntegerField(
                label=label,
                min_value=0,
                max_value=line.quantity,
                initial=line.quantity,
                help_text=_("%(count)s at most") % {"count": line.quantity},
            )
            self.fields[f"disposition-{line.pk}"] = forms.ChoiceField(
                label=_("What becomes of %(sku)s") % {"sku": line.order_line.sku}, choices=Disposition.choices
            )
            dress(self.fields[f"units-{line.pk}"])
            dress(self.fields[f"disposition-{line.pk}"])

    def received(self) -> list[ReceivedLine]:
        """Return what arrived."""
        return [
            ReceivedLine(
                line_id=line.pk,
                received=self.cleaned_data[f"units-{line.pk}"],
                disposition=Disposition(self.cleaned_data[f"disposition-{line.pk}"]),
            )
            for line in self.lines
        ]


@page
class ReceiveReturn(FormPage):
    """Take returned goods in."""

    name = "receive_return"
    path = "returns/<uuid:return_id>/receive/"
    title = _("Receive the goods")
    intro = _(
        "What goes back on the shelf is in stock at once. Damaged goods and write-offs are recorded, not stocked."
    )
    policy = Capability.ORDERS_FULFIL
    parents = ((_("Returns desk"), "console:orders_return_changelist"),)
    form_class = ReceiveForm
    submit = _("Received")
    done = _("The goods are received; the refund can be made.")

    @property
    def row(self) -> Return:
        """The return of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[Return].get_object(self.request, str(self.kwargs["return_id"]))
        return found

    def form_kwargs(self) -> dict[str, Any]:
        lines = self.row.lines.select_related("order_line").order_by("order_line__position")
        return {"lines": list(lines), "locations": location_choices(self.actor)}

    def initial(self) -> dict[str, Any]:
        return {"location_id": str(self.row.location_id or "")}

    def save(self, form: ReceiveForm) -> None:
        receive_return(
            return_id=self.row.pk, location_id=form.cleaned_data["location_id"], lines=form.received(), at=now()
        )

    def success_url(self) -> str:
        return reverse("console:orders_return_change", args=(self.kwargs["return_id"],))
