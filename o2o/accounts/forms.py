"""Forms of the sign-in pages."""

from typing import Any

from allauth.account.fields import PasswordField, SetPasswordField
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.mfa.adapter import get_adapter as second_factor_adapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from o2o.accounts.models import User
from o2o.accounts.services.second_factor import use_second_factor
from o2o.accounts.services.tries import TooManyTriesError
from o2o.kit import clock


class LoginForm(AllauthLoginForm):
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs.update(autocomplete="username webauthn", autofocus=True, placeholder="")
        self.fields["password"].widget.attrs.update(placeholder="")


class SecondFactorMixin(forms.Form):
    """Takes a code once, and few wrong ones; both hold for many tries at once."""

    user: User
    authenticator: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        self.fields["code"].widget.attrs.update(autofocus=True, placeholder="", maxlength=20)

    def clean_code(self) -> str:
        """Accept a right and unused code."""
        code: str = self.cleaned_data["code"]
        try:
            self.authenticator = use_second_factor(user=self.user, code=code, at=clock.now())
        except TooManyTriesError as error:
            raise ValidationError(f"{error.title}. {error.detail}", code=error.code) from error
        if self.authenticator is None:
            raise second_factor_adapter().validation_error("incorrect_code")
        self.authenticator.user = self.user
        return code


class AuthenticateForm(SecondFactorMixin, AllauthAuthenticateForm):
    """The second step of signing in."""


class ReauthenticateForm(SecondFactorMixin, AllauthReauthenticateForm):
    """The proof of presence before something sensitive."""


class NewPersonForm(forms.Form):
    """What a person without an account fills in to accept an invitation."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    password1 = SetPasswordField(label=_("Password"))
    password2 = PasswordField(label=_("Password (again)"), autocomplete="new-password")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password1"]
        password.user = User(email=email)
        for name in ("password1", "password2"):
            self.fields[name].widget.attrs.update(placeholder="")

    def clean(self) -> dict[str, Any]:
        """Compare the passwords."""
        values = super().clean() or {}
        first, second = values.get("password1"), values.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        return values


class ProfileForm(forms.ModelForm):
    """Name and language."""

    class Meta:
        model = User
        fields = ("name", "language")
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name", "autofocus": True})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = True
        self.fields["language"].choices = [("", _("As the merchant")), *settings.LANGUAGES]
