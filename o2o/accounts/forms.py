"""Forms of the sign-in pages."""

from typing import Any

from allauth.account import forms as account
from allauth.account.fields import PasswordField, SetPasswordField
from allauth.mfa.adapter import get_adapter as second_factor_adapter
from allauth.mfa.base import forms as second_step
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from o2o.accounts.models import User
from o2o.accounts.services.second_factor import use_second_factor
from o2o.accounts.services.tries import TooManyTriesError
from o2o.kit import clock


class Focused(forms.Form):
    """Starts in its first field; the labels say what the fields are for, so that placeholders need not."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        visible = [field for field in self.fields.values() if not field.widget.is_hidden]
        for field in visible:
            field.widget.attrs.pop("placeholder", None)
        if visible:
            visible[0].widget.attrs["autofocus"] = True


class LoginForm(Focused, account.LoginForm):
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username webauthn"
        self.fields["remember"].label = _("Stay signed in on this device")


class ResetPasswordForm(Focused, account.ResetPasswordForm):
    """The address whose password was forgotten."""


class ResetPasswordKeyForm(Focused, account.ResetPasswordKeyForm):
    """The new password."""


class ChangePasswordForm(Focused, account.ChangePasswordForm):
    """The old password and the new one."""


class ReauthenticatePasswordForm(Focused, account.ReauthenticateForm):
    """The password once more, before something sensitive."""


class ActivateTOTPForm(Focused, totp.ActivateTOTPForm):
    """The first code of an authenticator app."""


class ToughPasskeyForm(forms.Form):
    """Refuses what no browser sends: the library stumbles over answers that lack half of their members."""

    def full_clean(self) -> None:
        """Check the fields; whatever cannot be read is as wrong as a wrong signature."""
        try:
            super().full_clean()
        except (AttributeError, KeyError, TypeError, ValueError):
            self.add_error(None, second_factor_adapter().validation_error("incorrect_code"))


class LoginPasskeyForm(ToughPasskeyForm, webauthn.LoginWebAuthnForm):
    """A passkey instead of a password."""


class AuthenticatePasskeyForm(ToughPasskeyForm, webauthn.AuthenticateWebAuthnForm):
    """A key as the second step."""


class ReauthenticatePasskeyForm(ToughPasskeyForm, webauthn.ReauthenticateWebAuthnForm):
    """A key before something sensitive."""


class AddPasskeyForm(ToughPasskeyForm, Focused, webauthn.AddWebAuthnForm):
    """A passkey; one that signs in without a password is what most people mean."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].widget.attrs["autocomplete"] = "off"
        self.fields["passwordless"].label = _("Passkey: sign in with it alone, without a password")
        self.fields["passwordless"].help_text = _(
            "The device asks for your fingerprint, face or PIN. Without this, the key is asked for after the password."
        )
        self.fields["passwordless"].initial = True


class SecondFactorMixin(Focused):
    """Takes a code once, and few wrong ones; both hold for many tries at once."""

    user: User
    authenticator: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from your app, or a recovery code")
        self.fields["code"].widget.attrs.update(maxlength=20, inputmode="numeric")

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


class AuthenticateForm(SecondFactorMixin, second_step.AuthenticateForm):
    """The second step of signing in."""


class ReauthenticateForm(SecondFactorMixin, second_step.ReauthenticateForm):
    """The proof of presence before something sensitive."""


class NewPersonForm(Focused):
    """What a person without an account fills in to accept an invitation."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password1 = SetPasswordField(label=_("Password"))
    password2 = PasswordField(label=_("Password (again)"), autocomplete="new-password")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        password = self.fields["password1"]
        password.user = User(email=email)  # type: ignore[attr-defined]

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
        language = self.fields["language"]
        language.choices = [("", _("As the merchant")), *settings.LANGUAGES]  # type: ignore[attr-defined]
