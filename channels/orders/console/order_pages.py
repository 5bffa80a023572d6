"""Pages that act on one order."""

from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from channels.orders.enums import PaymentKind, TimelineKind
from channels.orders.models import Order, OrderLine
from channels.orders.services.cancelling import cancel_order
from channels.orders.services.payments import record_payment
from channels.orders.services.returning import request_return
from channels.orders.services.routing import route_order
from channels.orders.services.timeline import note
from o2o.console import ConsoleForm, FormPage, page, site
from o2o.console.forms import dress
from o2o.console.locations import location_choices
from o2o.kit.clock import now
from o2o.tenancy.capabilities import Capability

ORDERS = ((_("Orders"), "console:orders_order_changelist"),)


class OrderPage(FormPage):
    """A page about one order."""

    policy = Capability.ORDERS_WRITE
    parents = ORDERS

    @property
    def order(self) -> Order:
        """The order of the address. Raises ``NotFoundError``."""
        found: Any = site._registry[Order].get_object(self.request, str(self.kwargs["order_id"]))
        return found

    def heading(self) -> str:
        return f"{self.title} · {self.order.number}"

    def success_url(self) -> str:
        return reverse("console:orders_order_change", args=(self.kwargs["order_id"],))


class UnitsForm(ConsoleForm):
    """A number of units for each line."""

    def __init__(self, *args: Any, lines: list[tuple[OrderLine, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        # The order of the fields is that of reading: first the units, then why.
        chosen = {f"units-{line.pk}": self._units(line, most) for line, most in lines}
        others = dict(self.fields)
        self.fields.clear()
        self.fields.update({**chosen, **others})
        for field in chosen.values():
            dress(field)

    def _units(self, line: OrderLine, most: int) -> forms.IntegerField:
        label = f"{line.sku} {line.name}".strip()
        help_text = _("%(count)s at most") % {"count": most}
        return forms.IntegerField(label=label, min_value=0, max_value=most, required=False, help_text=help_text)

    def clean(self) -> dict[str, Any]:
        """Say so where no unit was chosen."""
        cleaned = super().clean() or {}
        if not self.errors and not self.units():
            raise forms.ValidationError(_("Give the units of at least one line."))
        return cleaned

    def units(self) -> dict[Any, int]:
        """Return the units of each line that has some."""
        given = {line.pk: self.cleaned_data.get(f"units-{line.pk}") or 0 for line, _most in self.lines}
        return {line_id: units for line_id, units in given.items() if units}


class CancelForm(UnitsForm):
    """Which units to cancel, and why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, help_text=_("It stands in the timeline of the order."))


@page
class CancelOrder(OrderPage):
    """Cancel some units or all."""

    name = "cancel_order"
    path = "orders/<uuid:order_id>/cancel/"
    title = _("Cancel units")
    intro = _(
        "Cancelled units go back into stock at once. What they are worth, with the discounts that they had, is owed"
        " no more; what was paid for them is to be refunded. This cannot be undone."
    )
    form_class = CancelForm
    submit = _("Cancel these units")
    done = _("The units are cancelled.")
    is_destructive = True

    def form_kwargs(self) -> dict[str, Any]:
        lines = self.order.lines.all()
        return {"lines": [(line, line.remaining) for line in lines if line.remaining]}

    def initial(self) -> dict[str, Any]:
        return {f"units-{line.pk}": line.remaining for line in self.order.lines.all()}

    def save(self, form: forms.Form) -> None:
        units = form.units()  # type: ignore[attr-defined]
        cancel_order(order_id=self.order.pk, lines=units, reason=form.cleaned_data["reason"], at=now())


class PaymentForm(ConsoleForm):
    """Money that came in."""

    amount = forms.DecimalField(label=_("Amount"), max_digits=14, min_value=Decimal("0.001"))
    method = forms.CharField(label=_("Paid by"), max_length=40, help_text=_("Such as wechat_pay, alipay, cash, card."))
    external_id = forms.CharField(label=_("Id of the payment"), max_length=100, required=False)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)


@page
class NotePayment(OrderPage):
    """Write down that money came in."""

    name = "order_payment"
    path = "orders/<uuid:order_id>/payment/"
    title = _("Note a payment")
    intro = _("The payment is only written down; no money is moved.")
    form_class = PaymentForm
    done = _("The payment is noted.")

    def initial(self) -> dict[str, Any]:
        order = self.order
        return {"amount": order.total - order.cancelled_total - order.paid_total}

    def save(self, form: forms.Form) -> None:
        record_payment(order_id=self.order.pk, kind=PaymentKind.PAYMENT, at=now(), **form.cleaned_data)


class NoteForm(ConsoleForm):
    """A note."""

    text = forms.CharField(label=_("Note"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


@page
class NoteOrder(OrderPage):
    """Write a note into the timeline."""

    name = "order_note"
    path = "orders/<uuid:order_id>/note/"
    title = _("Write a note")
    intro = _("It stands in the timeline for all colleagues, and nobody can remove it.")
    form_class = NoteForm
    done = _("The note stands in the timeline.")

    def save(self, form: forms.Form) -> None:
        note(order_id=self.order.pk, kind=TimelineKind.NOTE, details=dict(form.cleaned_data), at=now())


@page
class RouteOrder(OrderPage):
    """Look for a location again."""

    name = "route_order"
    path = "orders/<uuid:order_id>/route/"
    title = _("Look for a location again")
    intro = _("Units that no location has are offered to all locations once more, by the present rules and stock.")
    form_class = ConsoleForm
    submit = _("Look again")
    done = _("The rules were asked again; the order shows what came of it.")

    def save(self, form: forms.Form) -> None:
        route_order(order_id=self.order.pk, cause="by hand", at=now())


class ReturnRequestForm(UnitsForm):
    """What comes back, where to, and why."""

    location_id = forms.ChoiceField(label=_("To"), choices=())
    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location_id"].choices = location_choices()


@page
class RequestReturn(OrderPage):
    """Begin a return."""

    name = "request_return"
    path = "orders/<uuid:order_id>/return/"
    title = _("Take something back")
    intro = _("Any store can take goods back. The refund is worked out to the cent, with the discounts that they had.")
    form_class = ReturnRequestForm
    submit = _("Request the return")
    done = _("The return is requested; it waits for approval at the returns desk.")

    def form_kwargs(self) -> dict[str, Any]:
        lines = self.order.lines.all()
        return {"lines": [(line, line.fulfilled - line.returned) for line in lines if line.fulfilled > line.returned]}

    def save(self, form: forms.Form) -> None:
        request_return(
            order_id=self.order.pk,
            lines=form.units(),  # type: ignore[attr-defined]
            location_id=form.cleaned_data["location_id"],
            reason=form.cleaned_data["reason"],
            at=now(),
        )
