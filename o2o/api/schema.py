"""How views describe themselves in the OpenAPI 3.1 document."""

from collections.abc import Mapping
from typing import Any

import django_scopes
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from o2o.api.policy import AUTHENTICATED, PUBLIC, Rule, rule_for
from o2o.api.problems import CONTENT_TYPE, STANDARD
from o2o.tenancy.capabilities import CLIENT_SCOPES, Capability

Schema = dict[str, Any]
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["/problems/not_found"]},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string", "description": "Stable, for programs."},
        "detail": {"type": "string", "description": "What is wrong and the way out, for people."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer into the body.", "examples": ["/name"]},
                    "code": {"type": "string", "examples": ["required"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
HEADERS: Schema = {
    "RateLimit-Policy": {"description": "Requests and seconds of the limit.", "schema": {"type": "string"}},
    "RateLimit": {"description": "Requests left and seconds until all are back.", "schema": {"type": "string"}},
    "X-Request-ID": {"description": "The id of the request in logs and audit trail.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}},
    "Idempotent-Replayed": {
        "description": "“true” where this is the stored answer to an earlier request with the same key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
ALWAYS = ("RateLimit-Policy", "RateLimit", "X-Request-ID")
FURTHER_HEADERS = {401: ("WWW-Authenticate",), 409: ("Retry-After",), 429: ("Retry-After",), 503: ("Retry-After",)}
TOKEN_OPERATION: Schema = {
    "operationId": "oauth_token",
    "summary": "Get an access token",
    "description": "Client credentials grant (RFC 6749, 4.4). The id and secret may also come as HTTP Basic.",
    "tags": ["oauth"],
    "security": [{}],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string"},
                        "client_secret": {"type": "string"},
                        "scope": {"type": "string", "description": "Some of the client's scopes; all where left out."},
                    },
                }
            }
        },
    },
    "responses": {
        "200": {
            "description": "The token, for an hour.",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["access_token", "token_type", "expires_in"],
                        "properties": {
                            "access_token": {"type": "string"},
                            "token_type": {"type": "string", "enum": ["Bearer"]},
                            "expires_in": {"type": "integer"},
                            "scope": {"type": "string"},
                        },
                    }
                }
            },
        },
        **{
            status: {
                "description": "An error in the form of RFC 6749, 5.2.",
                "content": {"application/json": {"schema": {"type": "object", "required": ["error"]}}},
            }
            for status in ("400", "401", "429")
        },
    },
}
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "1 to 255 visible ASCII characters, such as a UUID. The same key with the same request gets the "
    "first answer again for 48 hours; with another request 422; while the first one runs 409.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-+\\--:<-~]{1,255}$"},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}


class Generator(SchemaGenerator):
    """Makes the document in the scope of nobody: views are asked for their querysets, none of which is evaluated."""

    def get_schema(self, request: Any = None, public: bool = False) -> Schema:
        """Return the document of every route."""
        with django_scopes.scope(merchant=None):
            document: Schema = super().get_schema(  # type: ignore[no-untyped-call]
                request=request, public=public
            )
        return document


class AutoSchema(SpectacularSchema):
    """The description of one operation: what it demands, its key, its limits and every way in which it can fail."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Schema | None:
        """Return the operation with what the base view adds to each of them."""
        operation: Schema | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        self._add_key(operation)
        responses = operation.setdefault("responses", {})
        self._add_headers(responses)
        for status in self._failures(operation):
            responses.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
        return operation

    def get_description(self) -> str:  # type: ignore[override]
        """Return the view's own words and what it demands of its caller."""
        return "\n\n".join(filter(None, [super().get_description(), _demand(self._rule())]))

    def get_auth(self) -> list[dict[str, Any]]:
        """Return the ways to sign in; a capability that clients may hold is asked for as their scope."""
        rule = self._rule()
        if rule is PUBLIC:
            return [{}]
        if isinstance(rule, Capability):
            ways: list[dict[str, Any]] = [{"session": []}]
            return [{"client": [rule.value]}, *ways] if rule in CLIENT_SCOPES else ways
        return [{"client": []}, {"session": []}]

    def _rule(self) -> Rule:
        return rule_for(self.view, self.method, getattr(self.view, "action", None))

    def _is_keyed(self) -> bool:
        return self.method in WRITES and self._rule() is not PUBLIC

    def _add_key(self, operation: Schema) -> None:
        if self._is_keyed():
            is_required = self.method == "POST" and getattr(self.view, "requires_idempotency_key", True)
            operation.setdefault("parameters", []).append({**IDEMPOTENCY_KEY, "required": is_required})

    def _add_headers(self, responses: Schema) -> None:
        names = (*ALWAYS, "Idempotent-Replayed") if self._is_keyed() else ALWAYS
        for response in responses.values():
            response["headers"] = {**_headers(names), **response.get("headers", {})}
            response["description"] = response.get("description") or "Done."

    def _failures(self, operation: Schema) -> list[int]:
        rule = self._rule()
        failures = [400, 406, 429, 500, 503]
        if rule is not PUBLIC:
            failures.append(401)
            failures += [403]
        if "{" in self.path:
            failures.append(404)
        if self._is_keyed():
            failures.append(409)
        if self._is_keyed() or operation.get("parameters"):
            failures.append(422)
        if "requestBody" in operation:
            failures += [413, 415]
        return sorted(failures)


def _demand(rule: Rule) -> str:
    if rule is PUBLIC:
        return "Open to everybody."
    if rule is AUTHENTICATED:
        return "Open to everybody who is signed in."
    suffix = "" if rule in CLIENT_SCOPES else " (staff only)"
    return f"Needs the capability `{rule.value}`{suffix}."


def _headers(names: tuple[str, ...]) -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem_response(status: int) -> Schema:
    code, title = STANDARD[status]
    example = {"type": f"/problems/{code}", "title": str(title), "status": status, "code": code}
    return {
        "description": str(title),
        "headers": _headers((*ALWAYS, *FURTHER_HEADERS.get(status, ()))),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


def add_components(result: Schema, generator: Any, request: Any, public: bool) -> Schema:
    """Add the problem document and the security schemes (a post-processing hook of drf-spectacular)."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["headers"] = HEADERS
    components["responses"] = {f"Problem{status}": _problem_response(status) for status in STANDARD}
    components["securitySchemes"] = security_schemes()
    result["paths"]["/api/oauth/token"] = {"post": TOKEN_OPERATION}
    return result


def security_schemes() -> Mapping[str, Any]:
    """Return the two ways to sign in."""
    scopes = {capability.value: capability.value.replace(":", " – ") for capability in sorted(CLIENT_SCOPES)}
    return {
        "client": {
            "type": "oauth2",
            "description": "For programs: an API client of the merchant gets an access token with its id and secret.",
            "flows": {"clientCredentials": {"tokenUrl": "/api/oauth/token", "scopes": scopes}},
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "For people: the console's session. Writes also need the header X-CSRFToken.",
        },
    }


class ClientScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the way of programs; ``AutoSchema.get_auth`` says where it leads in."""

    target_class = "o2o.accounts.api.authentication.ClientAuthentication"
    name = "client"

    def get_security_definition(self, auto_schema: Any) -> Any:
        """Return the scheme."""
        return security_schemes()["client"]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Names the way of people."""

    target_class = "o2o.accounts.api.authentication.StaffAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> Any:
        """Return the scheme."""
        return security_schemes()["session"]
