"""The marketplace, before anything is listed: profiles, logos, applications and decisions."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.listings import Listing
from partners.models.offers import Language, Region, Service
from portal.lib.history import tracked
from portal.lib.refs import RefField
from portal.lib.triggers import fixed_once_written, never_changes


class ProfileQuerySet(models.QuerySet["Profile"]):
    def listed(self) -> Self:
        """Those in the public directory."""
        return self.filter(Exists(Listing.objects.in_force().filter(account=OuterRef("account"))))

    def with_logo(self) -> Self:
        """Each with its logo's name; the picture itself stays where it is."""
        return self.select_related("account__logo").defer("account__logo__content")


@tracked()
class Profile(models.Model):
    """How an account presents itself in the marketplace; a draft until it is listed."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="profile")
    name = models.CharField(_("name shown"), max_length=80)
    tagline = models.CharField(_("in one sentence"), max_length=120, blank=True)
    text = models.TextField(_("about you"), max_length=3000, blank=True)
    website = models.URLField(_("website"), max_length=200, blank=True)
    services = ArrayField(
        models.CharField(max_length=24, choices=Service.choices),
        verbose_name=_("services"),
        default=list,
        blank=True,
    )
    regions = ArrayField(
        models.CharField(max_length=24, choices=Region.choices),
        verbose_name=_("regions"),
        default=list,
        blank=True,
    )
    languages = ArrayField(
        models.CharField(max_length=2, choices=Language.choices),
        verbose_name=_("languages"),
        default=list,
        blank=True,
    )
    changed_at = models.DateTimeField(_("changed at"))

    objects: ClassVar[ProfileQuerySet] = ProfileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("marketplace profile")
        verbose_name_plural = _("marketplace profiles")
        ordering = ("name", "id")
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="profile_has_a_name"),
            models.CheckConstraint(
                condition=Q(services__contained_by=Service.values), name="profile_services_known"
            ),
            models.CheckConstraint(
                condition=Q(regions__contained_by=Region.values), name="profile_regions_known"
            ),
            models.CheckConstraint(
                condition=Q(languages__contained_by=Language.values),
                name="profile_languages_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    # What everyone who is listed tells; the website is theirs to have.
    TOLD_BY_ALL: ClassVar = {
        "name": _("Name shown"),
        "tagline": _("In one sentence"),
        "text": _("About you"),
        "services": _("Services"),
        "regions": _("Where your customers are"),
        "languages": _("Languages you speak with them"),
    }

    @property
    def missing(self) -> list[str]:
        """What has to be told before applying, by its label."""
        return [str(label) for name, label in self.TOLD_BY_ALL.items() if not getattr(self, name)]

    @property
    def monogram(self) -> str:
        """Up to two initials, where there is no logo."""
        words = [word for word in self.name.split() if word[0].isalnum()] or [self.name]
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def services_in_words(self) -> list[str]:
        return [str(Service(code).label) for code in self.services]

    @property
    def regions_in_words(self) -> list[str]:
        return [str(Region(code).label) for code in self.regions]

    @property
    def languages_in_words(self) -> list[str]:
        return [str(Language(code).label) for code in self.languages]

    @property
    def logo(self) -> "LogoImage | None":
        return getattr(self.account, "logo", None)


@tracked(exclude=["content"])
class LogoImage(models.Model):
    """An account's logo as it was encoded by us: a square WebP, named by the hash of its bytes."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="logo")
    digest = models.CharField(_("SHA-256"), max_length=64)
    content = models.BinaryField(_("picture"))
    uploaded_at = models.DateTimeField(_("uploaded at"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="logo_digest_is_sha256"
            )
        ]

    def __str__(self) -> str:
        return self.digest[:12]


class ApplicationState(models.TextChoices):
    OPEN = "open", _("waiting for us")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ApplicationQuerySet(models.QuerySet["Application"]):
    def open(self) -> Self:
        """Those that wait for a decision."""
        return self.filter(state=ApplicationState.OPEN)


class Application(models.Model):
    """An account asks to be listed. What became of it is told by the row that ended it."""

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="applications")
    applied_at = models.DateTimeField(_("applied at"))
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=ApplicationState.choices,
        default=ApplicationState.OPEN,
    )

    objects: ClassVar[ApplicationQuerySet] = ApplicationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("marketplace application")
        verbose_name_plural = _("marketplace applications")
        ordering = ("-applied_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state=ApplicationState.OPEN),
                name="one_open_application",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="application_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["applied_at"],
                condition=Q(state=ApplicationState.OPEN),
                name="application_open",
            ),
            models.Index(fields=["account", "-applied_at"], name="application_by_account"),
        ]
        triggers = fixed_once_written("ref", "account", "applied_at", "applied_by")

    def __str__(self) -> str:
        return f"{self.account} ({self.get_state_display()})"


class ApplicationDecision(models.Model):
    """What staff decided on an application: by which standards, and why."""

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="decision"
    )
    is_approval = models.BooleanField(_("approved"))
    standards_met = ArrayField(
        models.CharField(max_length=24), verbose_name=_("standards met"), default=list, blank=True
    )
    reason = models.CharField(_("reason"), max_length=600, blank=True)
    decided_at = models.DateTimeField(_("decided at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("decision on an application")
        verbose_name_plural = _("decisions on applications")
        constraints = [
            models.CheckConstraint(
                condition=Q(is_approval=True) | ~Q(reason=""), name="declined_with_a_reason"
            )
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.application)


class ApplicationWithdrawal(models.Model):
    """The account took its application back."""

    application = models.OneToOneField(
        Application, on_delete=models.PROTECT, related_name="withdrawal"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("withdrawal of an application")
        verbose_name_plural = _("withdrawals of applications")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.application)
