"""Decision -> the card of the answer, in the words of `cards/`; it decides nothing and recomputes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateSyntaxError, meta

from cds_service.clinical.decision import INFO, NOT_ASSESSED, WARNING, Decision, Suggestion
from cds_service.clinical.facts import Reason, Unknown
from cds_service.clinical.protocol import MAINTENANCE, Protocol
from cds_service.protocols import bounds
from cds_service.protocols.strict_yaml import Faulty
from cds_service.render import extension, view, words
from cds_service.render.words import Words

SYSTEMS = "https://trofosfamide-cds.example.org/fhir/CodeSystem/"
_LONGEST_SUMMARY = 139


@dataclass(frozen=True, slots=True)
class Renderer:
    """Words decisions in one language. `base_url` is where this service is reached; `demo` is said on every card.

    `protocols` and `said`, the words with the limits of each, are by id of the protocol.
    """

    protocols: Mapping[str, Protocol]
    said: Mapping[str, Words]
    base_url: str
    demo: bool
    templates: dict[str, Template] = field(repr=False)

    @property
    def words(self) -> Words:
        """The words where no protocol speaks: those of the site's default."""
        return self.said[MAINTENANCE]

    def cards(
        self,
        decision: Decision,
        suggestions: Sequence[Suggestion],
        new_id: Callable[[], str],
        beside: Sequence[Suggestion] = (),
    ) -> list[dict[str, Any]]:
        """The answer's cards: one where the decision has a topic, and one where something is due beside the dose.

        `suggestions` stand on the first, `beside` on the second; `new_id` gives a fresh UUID.
        """
        cards = [self._card(decision, suggestions, new_id)] if decision.topic else []
        if decision.monitoring:
            due = replace(decision, topic=decision.monitoring.topic, indicator=INFO)
            cards.append(self._card(due, beside, new_id))
        return cards

    def internal_error(self, now: datetime, new_id: Callable[[], str]) -> dict[str, Any]:
        """The card of a decision that failed by our own fault."""
        failed = Unknown("decision", Reason.INTERNAL_ERROR)
        return self._card(Decision(NOT_ASSESSED, now, NOT_ASSESSED, WARNING, unknown=(failed,)), (), new_id)

    def protocol(self, decision: Decision) -> Protocol:
        """The protocol that spoke; the site's default where none did."""
        return self.protocols[decision.protocol or MAINTENANCE]

    def _card(self, decision: Decision, suggestions: Sequence[Suggestion], new_id: Callable[[], str]) -> dict[str, Any]:
        protocol = self.protocol(decision)
        summary, detail = self._text(decision, protocol)
        card = {
            "uuid": new_id(),
            "summary": summary,
            "indicator": decision.indicator,
            "detail": detail,
            "source": self._source(decision.topic, protocol),
            "suggestions": [self._suggestion(x, new_id) for x in suggestions],
            "selectionBehavior": "at-most-one" if suggestions else "",
            "overrideReasons": self._override_reasons(),
            "links": self._links(protocol),
            "extension": {extension.NAME: extension.extension(decision, protocol)},
        }
        return {x: y if x == "suggestions" else extension.pruned(y) for x, y in card.items() if y not in ("", [])}

    def _text(self, decision: Decision, protocol: Protocol) -> tuple[str, str]:
        names = view.view(decision, protocol, self.said[protocol.id], self._page(protocol))
        text = self.templates[decision.topic].render(names, demo=self.demo)
        summary, _, detail = text.partition("\n---\n")
        return shortened(" ".join(summary.split())), "\n".join(tidy(detail.splitlines()))

    def _page(self, protocol: Protocol) -> str:
        """Where the page of a protocol is served."""
        return f"{self.base_url}/protocols/{protocol.id}"

    def _links(self, protocol: Protocol) -> list[dict[str, str]]:
        """The page of the protocol, and its source text."""
        named = {self._title(protocol): self._page(protocol), protocol.publication: protocol.publication_url}
        return [{"label": x, "url": y, "type": "absolute"} for x, y in named.items()]

    def _title(self, protocol: Protocol) -> str:
        return f"{self.words.say('protocols', protocol.id)} {protocol.version}"

    def _source(self, topic: str, protocol: Protocol) -> dict[str, Any]:
        display = self.words.say("topics", topic)
        return {
            "label": self._title(protocol),
            "url": protocol.publication_url,
            "icon": f"{self.base_url}/static/icon.png",
            "topic": {"system": f"{SYSTEMS}conclusion", "code": topic, "display": display},
        }

    def _suggestion(self, suggestion: Suggestion, new_id: Callable[[], str]) -> dict[str, Any]:
        said = self.words.data["suggestions"][suggestion.kind]
        dose = self.words.dose(suggestion.dose)
        description = said["description"].format(dose=dose)
        return {
            "label": said["label"].format(dose=dose),
            "uuid": new_id(),
            "isRecommended": suggestion.recommended,
            "actions": [{**x, "description": description} for x in suggestion.actions],
        }

    def _override_reasons(self) -> list[dict[str, str]]:
        reasons = self.words.data["overrides"]
        return [{"code": x, "system": f"{SYSTEMS}override-reason", "display": y} for x, y in reasons.items()]


def languages(folder: Path) -> list[str]:
    """The languages that cards are worded in: each has a folder of its own."""
    return sorted(x.parent.name for x in folder.glob("*/words.yaml"))


def load(folder: Path, language: str, protocols: Mapping[str, Protocol], base_url: str, demo: bool) -> Renderer:
    """The renderer of one language, its templates compiled; `protocols`, by id, hold `MAINTENANCE`.

    Raises `Faulty` naming all that is missing or wrong.
    """
    said = words.load(language, folder, {x: y.parameters for x, y in protocols.items()})
    environment = Environment(
        loader=FileSystemLoader(folder / language),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - the output is Markdown, not HTML: view.py escapes what came from outside
    )
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    files = {x: f"{x}.md.j2" for x in words.TOPICS}
    names = ("_parts.md.j2", *files.values())
    untold = _untold(said[MAINTENANCE], protocols)
    faults = [*untold, *(x for name in names for x in _faults(environment, folder / language, name))]
    if faults:
        raise Faulty("\n".join(f"{language}/{x}" for x in faults))
    templates = {x: environment.get_template(name) for x, name in files.items()}
    return Renderer(protocols, said, base_url.rstrip("/"), demo, templates)


def _untold(said: Words, protocols: Mapping[str, Protocol]) -> list[str]:
    """The protocols, the terms of their criteria and what a site may change that have no words."""
    terms = dict.fromkeys(y for x in protocols.values() for y in x.ctcae.terms)
    named = {"terms": terms, "protocols": protocols, "parameters": bounds.load()}
    return [f"words.yaml: {x}.{y} is missing" for x, every in named.items() for y in every if y not in said.data[x]]


def _faults(environment: Environment, folder: Path, name: str) -> Iterator[str]:
    """What would keep a template from being filled in."""
    try:
        source = (folder / name).read_text(encoding="utf-8")
        environment.from_string(source)
    except OSError as fault:
        yield f"{name}: the file cannot be read ({fault.strerror}); restore it"
    except TemplateSyntaxError as fault:
        yield f"{name}, line {fault.lineno}: {fault.message}"
    else:
        named = meta.find_undeclared_variables(environment.parse(source))
        yield from (f"{name}: {x} is not a name that a card may use" for x in sorted(named - view.NAMES))
        if not name.startswith("_") and "\n---\n" not in source:
            yield f"{name}: a line with --- has to part the summary from the detail"


def shortened(summary: str) -> str:
    """A summary of fewer than 140 characters, cut at a word where it would be longer."""
    if len(summary) <= _LONGEST_SUMMARY:
        return summary
    return summary[: _LONGEST_SUMMARY - 3].rsplit(" ", 1)[0] + "..."


def tidy(lines: Sequence[str]) -> list[str]:
    """The lines of a detail without runs of empty ones."""
    kept: list[str] = []
    for line in map(str.rstrip, lines):
        if line or (kept and kept[-1]):
            kept.append(line)
    return kept[:-1] if kept and not kept[-1] else kept
