"""Permissions of API keys."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


class HasScope(BasePermission):
    """Lets a key in that has the scope of the endpoint."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        scope: str = view.endpoint.scope  # type: ignore[attr-defined]  # a DialectViewSet
        self.message = f"This requires an API key with the scope {scope}."
        return scope in request.auth.scopes  # type: ignore[union-attr]  # an ApiKey
