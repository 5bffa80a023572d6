"""Forms whose saving is a service call."""

from typing import Any

from django import forms
from django.db import transaction
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordInput,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from o2o.kit.errors import DomainError


class ClockInput(forms.TimeInput):
    """A time of day, for which browsers bring a clock of their own."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=UnfoldAdminTextInputWidget(attrs=attrs).attrs, format="%H:%M")


# The widget of unfold that takes the place of a plain one; exact classes, so that a chosen widget stays.
WIDGETS: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: UnfoldAdminTextInputWidget,
    forms.EmailInput: UnfoldAdminEmailInputWidget,
    forms.URLInput: UnfoldAdminURLInputWidget,
    forms.NumberInput: UnfoldAdminIntegerFieldWidget,
    forms.PasswordInput: UnfoldAdminPasswordInput,
    forms.Textarea: UnfoldAdminTextareaWidget,
    forms.Select: UnfoldAdminSelectWidget,
    forms.CheckboxInput: UnfoldBooleanSwitchWidget,
    forms.CheckboxSelectMultiple: UnfoldAdminCheckboxSelectMultipleWidget,
    forms.DateInput: UnfoldAdminSingleDateWidget,
    forms.TimeInput: ClockInput,
    forms.SplitDateTimeWidget: UnfoldAdminSplitDateTimeWidget,
}


class LongSelect(UnfoldAdminSelectWidget):
    """A choice of hundreds: Django would render a template for each of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the element in one go."""
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if str(key) == chosen else "", label) for key, label in self.choices),
        )
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>{}</select>", attributes, options)


class ConsoleForm(forms.Form):
    """A form in the look of the console."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)


def dress(field: forms.Field) -> None:
    """Give a field the look of the console, keeping its choices and attributes."""
    look = WIDGETS.get(type(field.widget))
    if look is None:
        return
    plain = field.widget
    widget: Any = look(attrs=dict(plain.attrs))
    if isinstance(field, forms.ChoiceField):
        widget.choices = field.choices
    widget.is_required = plain.is_required
    field.widget = widget


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Show the refusal of a service at the fields that it names, else above the form."""
    placed = False
    for entry in error.params.get("errors", ()):
        name = str(entry.get("pointer", "")).strip("/").split("/")[0]
        if name in form.fields:
            form.add_error(name, str(error.detail) or str(entry.get("detail", "")))
            placed = True
            break
    if not placed:
        field = error.params.get("field")
        form.add_error(field if field in form.fields else None, str(error.detail) or str(error.title))


class ServiceFormMixin:
    """Lets a model form of a list save through a service, whose refusal becomes an error of the form.

    ``save_with`` is given by the list. The service runs once, in a savepoint, when everything else is valid.
    """

    save_with: Any = None
    saved: Any = None

    def is_valid(self) -> bool:
        """Say whether the input is valid and the service accepted it."""
        if not super().is_valid():  # type: ignore[misc]
            return False
        if self.saved is None and self.save_with is not None:
            try:
                with transaction.atomic():
                    self.saved = self.save_with(self)
            except DomainError as error:
                refuse(self, error)  # type: ignore[arg-type]
                return False
        return True
