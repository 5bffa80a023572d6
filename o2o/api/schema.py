"""How views describe themselves in the OpenAPI document."""

from drf_spectacular.openapi import AutoSchema as SpectacularSchema


class AutoSchema(SpectacularSchema):
    """The description of one operation."""
