from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = "Portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  (registers the system checks)

        post_migrate.connect(_roles, sender=self)


def _roles(**_: Any) -> None:
    """After every migration the staff roles hold what their table says."""
    from portal.staff.roles import ensure_roles

    ensure_roles()
