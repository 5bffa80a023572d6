"""Pages that act on one fulfilment."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import RejectionReason, StockEffect
from channels.orders.models import FulfillmentOrder
from channels.orders.services import fulfilling
from o2o.console import ConsoleForm, FormPage, page, site
from o2o.console.forms import refuse
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

FULFILLMENTS = ((_("Fulfilments"), "console:orders_fulfillmentorder_changelist"),)
BY_STAFF = [choice for choice in RejectionReason.choices if choice[0] != RejectionReason.EXPIRED]


class FulfillmentPage(FormPage):
    """A page about one fulfilment."""

    policy = Capability.ORDERS_FULFIL
    parents = FULFILLMENTS

    @property
    def fulfillment(self) -> FulfillmentOrder:
        """The fulfilment of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[FulfillmentOrder].get_object(self.request, str(self.kwargs["fulfillment_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.fulfillment.order.number}"

    def success_url(self) -> str:
        return reverse("console:orders_fulfillmentorder_change", args=(self.kwargs["fulfillment_id"],))


class RejectForm(ConsoleForm):
    """Why a store does not fulfil, and what that says about its stock."""

    reason = forms.ChoiceField(label=_("Reason"), choices=BY_STAFF)
    stock_effect = forms.ChoiceField(
        label=_("The stock"),
        choices=StockEffect.choices,
        help_text=_("If none of it is left, the stock goes to zero and a count is asked for."),
    )


@page
class RejectFulfillment(FulfillmentPage):
    """Say that the store does not fulfil."""

    name = "reject_fulfillment"
    path = "fulfillments/<uuid:fulfillment_id>/reject/"
    title = _("Reject")
    intro = _("The order goes to another location at once; this one is not asked again for it.")
    form_class = RejectForm
    submit = _("Reject")
    done = _("Rejected; the order was given to another location or waits for one.")
    is_destructive = True

    def save(self, form: forms.Form) -> None:
        fulfilling.reject(fulfillment_id=self.fulfillment.pk, at=now(), **form.cleaned_data)


class HandOverForm(ConsoleForm):
    """The code that the customer shows."""

    code = forms.CharField(
        label=_("Pickup code"),
        max_length=600,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "inputmode": "text"}),
        help_text=_("Scan it, or type what the customer reads out."),
    )


@page
class HandOver(FulfillmentPage):
    """Hand a pickup over for its code."""

    name = "hand_over_fulfillment"
    path = "fulfillments/<uuid:fulfillment_id>/hand-over/"
    title = _("Hand over to the customer")
    intro = _("The code counts once. After five wrong ones a manager must decide.")
    form_class = HandOverForm
    submit = _("Hand over")
    done = _("Handed over.")

    def save(self, form: forms.Form) -> HttpResponse | None:
        refusal = fulfilling.hand_over(fulfillment_id=self.fulfillment.pk, code=form.cleaned_data["code"], at=now())
        if refusal is None:
            return None
        # The page is an answer and no error, so that the count of wrong tries is kept.
        refuse(form, refusal)
        return self.render(form=form)


class ShipForm(ConsoleForm):
    """Who carries the parcel."""

    carrier = forms.CharField(label=_("Carrier"), max_length=60, required=False)
    tracking_number = forms.CharField(label=_("Tracking number"), max_length=100, required=False)


@page
class ShipFulfillment(FulfillmentPage):
    """Hand the goods to a carrier."""

    name = "ship_fulfillment"
    path = "fulfillments/<uuid:fulfillment_id>/ship/"
    title = _("Hand to the carrier")
    intro = _("The goods leave the stock of the store, and the channel is told.")
    form_class = ShipForm
    submit = _("They have left")
    done = _("The goods have left.")

    def save(self, form: forms.Form) -> None:
        fulfilling.ship(fulfillment_id=self.fulfillment.pk, at=now(), **form.cleaned_data)


@page
class ExtendPickup(FulfillmentPage):
    """Give the customer more time."""

    name = "extend_pickup"
    path = "fulfillments/<uuid:fulfillment_id>/extend/"
    title = _("Extend the pickup")
    intro = _("The goods wait longer, by the days that the store allows. This is possible once.")
    form_class = ConsoleForm
    submit = _("Extend")
    done = _("The pickup is extended.")

    def save(self, form: forms.Form) -> None:
        fulfilling.extend_pickup(fulfillment_id=self.fulfillment.pk, at=now())
