"""Saving and deleting by service instead of by Django."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models, transaction
from django.http import HttpRequest, HttpResponseRedirect
from unfold.admin import ModelAdmin

from o2o.console.forms import ServiceFormMixin


class ServiceModelAdmin(ModelAdmin):
    """Forms of a model whose saving and deleting are calls of services, which the database audits."""

    def save_with(self, request: HttpRequest, form: forms.ModelForm[Any], row: Any | None) -> models.Model:
        """Call the service that creates a row (``row`` is None) or changes it, and return the row."""
        raise NotImplementedError(f"{type(self).__name__} lets people save, so it must say with which service.")

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        """Return the form, whose validation ends with the service."""
        form_class = super().get_form(request, obj, change=change, **kwargs)

        def save_with(form: forms.ModelForm[Any]) -> models.Model:
            return self.save_with(request, form, obj if change else None)

        return type(form_class.__name__, (ServiceFormMixin, form_class), {"save_with": staticmethod(save_with)})

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Return what the service saved."""
        return form.saved

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """Do nothing: the service has saved."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Do nothing: the service has saved."""

    def construct_change_message(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Return nothing: the audit trail is written by the database."""
        return []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show or take the form; whatever a service did is undone where the page comes back with errors."""
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if request.method == "POST" and not isinstance(response, HttpResponseRedirect):
                transaction.set_rollback(True)
        return response

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the service."""
        self.delete_with(request, obj)

    def delete_with(self, request: HttpRequest, row: Any) -> None:
        """Call the service that deletes a row."""
        raise NotImplementedError(f"{type(self).__name__} lets people delete, so it must say with which service.")

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        """Write nothing: the audit trail is written by the database."""

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        """Write nothing: the audit trail is written by the database."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Write nothing: the audit trail is written by the database."""
