"""Pages under ``/account/``: signing in, one's own account, invitations, the choice of merchant."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView, TemplateView

from o2o.accounts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="account_profile"), name="account"),
    path("profile/", views.profile, name="account_profile"),
    path("merchant/", views.choose, name="choose_merchant"),
    path("invitation/", views.invitation, name="invitation"),
    path("invitation/<str:token>/", views.open_invitation, name="accept_invitation"),
    # Nobody signs up: the page says how one comes in.
    path("signup/", TemplateView.as_view(template_name="account/signup_closed.html"), name="account_signup"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
