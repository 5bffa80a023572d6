"""What the house remembers about itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class InvariantResult(models.Model):
    """The last answer to one of the questions of ``o2o.kit.invariants``, over all merchants."""

    name = models.CharField(_("name"), max_length=120, primary_key=True)
    violations = models.PositiveIntegerField(_("violations"))
    sample = models.JSONField(_("examples"), default=list)
    error = models.CharField(_("error"), max_length=500, blank=True)
    checked_at = models.DateTimeField(_("checked at"))
    seconds = models.FloatField(_("seconds"))

    class Meta:
        verbose_name = _("result of an invariant")
        verbose_name_plural = _("results of invariants")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    @property
    def holds(self) -> bool:
        """Say whether the question was answered, and with nothing."""
        return not self.violations and not self.error
