"""Where people and clients are found in the API."""

from django.urls import path

from o2o.accounts.api.oauth import ClientTokenView
from o2o.accounts.api.views import ApiClientViewSet, InvitationViewSet
from o2o.api.pages import public_page

routes = [("api_clients", ApiClientViewSet), ("invitations", InvitationViewSet)]
root_urlpatterns = [path("oauth/token", public_page(ClientTokenView.as_view()), name="oauth-token")]
