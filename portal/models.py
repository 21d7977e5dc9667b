"""People, and the rehearsal clock."""

from typing import Any, ClassVar

import pghistory.models
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.lib import clock
from portal.lib.history import tracked
from portal.lib.refs import RefField


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who can sign in; without a password only a reset mail lets them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email__iexact=email)


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. The e-mail address is the login name, whatever its case."""

    ref = RefField()
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        indexes = [
            models.Index(OpClass(Lower("name"), "text_pattern_ops"), name="user_by_beginning")
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class RehearsalClock(models.Model):
    """The date a rehearsal has been moved to. At most one row, and none in production."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    today = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="rehearsal_clock_single_row")
        ]

    def __str__(self) -> str:
        return f"{self.today:%Y-%m-%d}"


class HistoryEntry(pghistory.models.Context):
    """The log of all tracked changes, as something a role may see; its rows are kept elsewhere."""

    class Meta:
        proxy = True
        default_permissions = ("view",)
        verbose_name = _("tracked change")
        verbose_name_plural = _("history log")
