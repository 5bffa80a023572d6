"""Pages in two steps: people fill in, see what would happen, and say yes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from o2o.console import FormPage
from o2o.console.components import Stat, Table

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Check:
    """What a page is about to do: figures, a table, and what speaks against it."""

    table: Table
    stats: Sequence[Stat] = ()
    warnings: Sequence[Text] = ()
    is_possible: bool = True
    confirm: Text = ""
    note: Text = ""
    # what the second step sends, where it is not what the first one sent
    values: dict[str, str] = field(default_factory=dict)


class CheckedPage(FormPage):
    """A page that shows what it is about to do before it does it.

    The first answer to the form is its check; the button below that sends the same input once more, ``confirmed``.
    """

    check_template: ClassVar[str] = "inventory/check.html"
    submit: ClassVar[Text] = _("Check")
    confirm: ClassVar[Text] = _("Yes, do it")

    def check(self, form: Any) -> Check:
        """Return what would happen with a valid form."""
        raise NotImplementedError

    def get_form(self) -> forms.Form:
        """Return the form, with files where some were sent."""
        is_sent = self.request.method == "POST"
        data, files = (self.request.POST, self.request.FILES) if is_sent else (None, None)
        return self.form_class(data, files, initial=self.initial(), **self.form_kwargs())

    def post(self) -> HttpResponse:
        """Show what would happen, or do it."""
        if "confirmed" in self.request.POST:
            return super().post()
        form = self.get_form()
        if not form.is_valid() or "back" in self.request.POST:
            return self.render(form=form)
        check = self.check(form)
        sent = {name: value for name, value in self.request.POST.items() if name != "csrfmiddlewaretoken"}
        self.template = self.check_template
        return self.render(form=form, check=check, hidden=({**sent, **check.values}).items())
