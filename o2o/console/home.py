"""The first page: what needs this person today, and what a new merchant has still to set up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from o2o.console.components import Text, Tone
from o2o.console.policy import Demand, is_allowed

if TYPE_CHECKING:
    from o2o.console.sites import ConsoleSite


@dataclass(frozen=True, slots=True)
class CardLine:
    """One thing that needs somebody."""

    text: Text
    detail: Text = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HomeCard:
    """Some things of one kind that need somebody, with the way to them."""

    title: Text
    lines: Sequence[CardLine]
    url: str
    action: Text
    icon: str = "notifications"
    tone: Tone = "warning"
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class SetupStep:
    """A step of setting up a merchant and whether it has been done."""

    title: Text
    text: Text
    url: str
    is_done: bool
    icon: str = "check_circle"


Card = Callable[[HttpRequest], HomeCard | None]
Step = Callable[[HttpRequest], SetupStep]

_cards: list[tuple[int, str, Demand, Card]] = []
_steps: list[tuple[int, str, Demand, Step]] = []


def home_card(demand: Demand, *, order: int = 100) -> Callable[[Card], Card]:
    """Register a card of the home page. It returns None when nothing needs anybody; one query or two."""

    def register(card: Card) -> Card:
        _cards.append((order, card.__name__, demand, card))
        return card

    return register


def setup_step(demand: Demand, *, order: int = 100) -> Callable[[Step], Step]:
    """Register a step of the set-up list, which disappears when all steps are done."""

    def register(step: Step) -> Step:
        _steps.append((order, step.__name__, demand, step))
        return step

    return register


def cards_for(request: HttpRequest) -> list[HomeCard]:
    """Return the cards that have something for this person, the urgent ones first."""
    return _gathered(request, _cards)


def steps_for(request: HttpRequest) -> list[SetupStep]:
    """Return the set-up steps that this person may take."""
    return _gathered(request, _steps)


def _gathered(request: HttpRequest, registered: list[Any]) -> list[Any]:
    made = (
        make(request)
        for _order, _name, demand, make in sorted(registered, key=lambda entry: entry[:2])
        if is_allowed(request, demand)
    )
    return [thing for thing in made if thing is not None]


def home_view(site: "ConsoleSite", request: HttpRequest) -> TemplateResponse:
    """Show the home page."""
    steps = steps_for(request)
    undone = [step for step in steps if not step.is_done]
    context = {
        **site.each_context(request),
        "title": _("What needs me today"),
        "cards": cards_for(request),
        "steps": steps if undone else [],
        "steps_done": len(steps) - len(undone),
    }
    return TemplateResponse(request, "console/home.html", context)
