"""What is read of an outside set: the product's own signals, as they would be read online, and columns beside them."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

from data.events import TimelineKind
from data.outside_mapping import OutsideMapping
from data.outside_set import Marked
from data.outside_values import address, clock_of, number, time_format
from data.risk.entity import DAY, HOUR, MINUTE, Times, added, count
from data.risk.happening import Happening
from data.risk.readings import SIGNALS, Reading
from data.risk.visit import Visit
from data.risk.watch import Watch

CURRENCY = "USD"
_PRIOR = 2.0  # outcomes of the usual sort that each entity is taken to have had: a few say little
_PAUSE = 30 * MINUTE  # after which lines without a session's name are a new session
_LONGEST = 200  # characters of a word that are kept


@dataclass(slots=True)
class Features:
    """Sessions or rows in the order of time: the signals (None is unknown), numbers and words by name, and labels."""

    at: list[int] = field(default_factory=list)
    bad: list[bool] = field(default_factory=list)
    signals: list[Sequence[Reading]] = field(default_factory=list)
    numbers: dict[str, list[float | None]] = field(default_factory=dict)
    words: dict[str, list[str | None]] = field(default_factory=dict)

    def add(
        self,
        at: int,
        bad: bool,
        readings: Sequence[Reading],
        numbers: dict[str, float | None],
        words: dict[str, str | None],
    ) -> None:
        """One more, later than all before."""
        self.at.append(at)
        self.bad.append(bad)
        self.signals.append(readings[: len(SIGNALS)])
        for name, value in numbers.items():
            self.numbers.setdefault(name, []).append(value)
        for name, word in words.items():
            self.words.setdefault(name, []).append(word)


class _Columns:
    """Values by the name of the column."""

    def __init__(self, mapping: OutsideMapping, columns: Sequence[str], moments: dict[str, str]) -> None:
        place = {name: at for at, name in enumerate(columns)}
        self._place = place
        self._numbers = [(name, place[name]) for name in mapping.numbers]
        self._words = [(name, place[name]) for name in mapping.words]
        self._clocks = [(name, place[name], clock_of(wanted)) for name, wanted in moments.items()]

    def of(self, name: str | None) -> Callable[[Sequence[str | None]], str | None]:
        """What reads a column; None from one that there is not."""
        if name is None:
            return lambda values: None
        at = self._place[name]
        return lambda values: values[at]

    def numbers(self, line: Marked) -> dict[str, float | None]:
        """Numbers, and of other moments the seconds from them to the line's own."""
        found = {}
        for name, at in self._numbers:
            text = line.values[at]
            found[name] = None if text is None else number(text)
        for name, at, clock in self._clocks:
            try:
                found[f"seconds since {name}"] = (line.at - clock(line.values[at] or "")) / 1000
            except (ValueError, OverflowError):
                found[f"seconds since {name}"] = None
        return found

    def words(self, line: Marked) -> dict[str, str | None]:
        """Words, not too long."""
        return {name: (line.values[at] or "")[:_LONGEST] or None for name, at in self._words}


class _Past:
    """What was seen of one entity column until now: how often, and how it turned out as far as that is known."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._times: dict[Hashable, list[int]] = {}
        self._seen: dict[Hashable, int] = {}
        self._known: dict[Hashable, list[int]] = {}

    def read(self, key: str | None, at: int, usual: float | None) -> dict[str, float | None]:
        """Rows of the same value within a minute, an hour, a day and ever before, and its known share of bad ones."""
        names = [f"{self._name}: {what}" for what in ("minute", "hour", "day", "before", "outcomes")]
        if key is None:
            return dict.fromkeys(names)
        times: Times = self._times.get(key)
        bad, known = self._known.get(key, (0, 0))
        share = None if usual is None else (bad + _PRIOR * usual) / (known + _PRIOR) / usual
        seen = [float(count(times, at, span)) for span in (MINUTE, HOUR, DAY)]
        return dict(zip(names, [*seen, float(self._seen.get(key, 0)), share], strict=True))

    def note(self, key: str | None, at: int) -> None:
        if key is not None:
            self._times[key] = added(self._times.get(key), at)
            self._seen[key] = self._seen.get(key, 0) + 1

    def learn(self, key: str | None, bad: bool) -> None:
        if key is not None:
            known = self._known.setdefault(key, [0, 0])
            known[0] += bad
            known[1] += 1


def of_rows(lines: Sequence[Marked], mapping: OutsideMapping, columns: Sequence[str]) -> Features:
    """Each line, in the order of time, as one reservation. Nothing is read of a label before it would be known."""
    known, found, watch = _Columns(mapping, columns, _moments(lines, mapping, columns)), Features(), Watch(CURRENCY)
    ip, device, agent = known.of(mapping.ip), known.of(mapping.device), known.of(mapping.agent)
    entities = [one for one in (mapping.ip, mapping.device, *mapping.entities) if one is not None]
    pasts = [(_Past(name), known.of(name)) for name in dict.fromkeys(entities)]
    waiting: deque[Marked] = deque()
    bad_known = all_known = 0
    delay = round(mapping.label_delay * DAY) if mapping.time else None
    country, quantity, product = known.of(mapping.country), known.of(mapping.quantity), known.of(mapping.product)
    for place, line in enumerate(sorted(lines, key=lambda one: one.at)):
        while delay is not None and waiting and waiting[0].at + delay < line.at:
            over = waiting.popleft()
            bad_known, all_known = bad_known + bool(over.bad), all_known + 1
            for past, read in pasts:
                past.learn(read(over.values), bool(over.bad))
        usual = bad_known / all_known if bad_known else None
        one = Happening(
            place, TimelineKind.STARTED, line.at, _ip(ip(line.values)), agent(line.values), device(line.values)
        )
        one.country = _country(country(line.values))
        one.lines = _units(product(line.values), quantity(line.values)) if mapping.quantity else None
        readings: Sequence[Reading] = watch.see(one, None)[1]
        numbers = known.numbers(line)
        for past, read in pasts:
            key = read(line.values)
            numbers |= past.read(key, line.at, usual)
            past.note(key, line.at)
        found.add(line.at, bool(line.bad), readings, numbers, known.words(line))
        waiting.append(line)
    return found


@dataclass(slots=True)
class _Session:
    visit: Visit | None = None
    readings: Sequence[Reading] = ()
    first: int = 0
    last: int = 0
    number: int = 0
    events: int = 0
    bad: bool | None = None
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)
    words: dict[str, str | None] = field(default_factory=dict)


def of_events(lines: Sequence[Marked], mapping: OutsideMapping, columns: Sequence[str]) -> tuple[Features, int]:
    """Each session as it is read at its last event, in the order of those; and how many sessions have no label.

    A session is bad when one of its lines says so.
    """
    known, watch = _Columns(mapping, columns, _moments(lines, mapping, columns)), Watch(CURRENCY)
    token, event = known.of(mapping.session), known.of(mapping.event)
    ip, device, agent, country = (known.of(one) for one in (mapping.ip, mapping.device, mapping.agent, mapping.country))
    product, quantity = known.of(mapping.product), known.of(mapping.quantity)
    sessions: dict[Hashable, _Session] = {}
    every: list[_Session] = []
    for line in sorted(lines, key=lambda one: one.at):
        values = line.values
        key: Hashable = token(values) or (ip(values), device(values), agent(values))
        session = sessions.get(key)
        if session is None or (token(values) is None and line.at - session.last > _PAUSE):
            session = sessions[key] = _Session(first=line.at, number=len(every))
            every.append(session)
        kind = TimelineKind.STARTED if session.visit is None else TimelineKind.CART_UPDATED
        word = event(values)
        if word is not None and word in mapping.events:
            kind = mapping.events[word]
        one = Happening(session.number, kind, line.at, _ip(ip(values)), agent(values), device(values))
        one.country = _country(country(values))
        if mapping.product is not None and kind is TimelineKind.CART_UPDATED:
            one.lines = _units(product(values), quantity(values))
        session.visit, readings = watch.see(one, session.visit)
        session.readings, session.last = readings, line.at
        session.events += 1
        if line.bad is not None:
            session.bad = bool(session.bad) or line.bad
        for name, value in known.numbers(line).items():
            if value is not None:
                total, times = session.sums.get(name, (0.0, 0))
                session.sums[name] = total + value, times + 1
        session.words |= known.words(line)
    found = Features()
    labelled = [one for one in every if one.bad is not None]
    for one_session in sorted(labelled, key=lambda one: one.last):
        found.add(
            one_session.last,
            bool(one_session.bad),
            one_session.readings,
            _told(one_session, mapping),
            one_session.words,
        )
    return found, len(every) - len(labelled)


def _told(session: _Session, mapping: OutsideMapping) -> dict[str, float | None]:
    spent = (session.last - session.first) / 1000
    told: dict[str, float | None] = {
        "events": float(session.events),
        "seconds": spent,
        "seconds an event": spent / (session.events - 1) if session.events > 1 else None,
    }
    names = (*mapping.numbers, *(f"seconds since {name}" for name in mapping.moments))
    for name in names:
        total, times = session.sums.get(name, (0.0, 0))
        told[f"mean {name}"] = total / times if times else None
    return told


def _moments(lines: Sequence[Marked], mapping: OutsideMapping, columns: Sequence[str]) -> dict[str, str]:
    """The formats of the other moments, from the first lines."""
    found = {}
    for name in mapping.moments:
        place = columns.index(name)
        wanted = time_format([line.values[place] for line in lines[:500]])
        if wanted is not None:
            found[name] = wanted
    return found


def _ip(text: str | None) -> bytes | None:
    return None if text is None else address(text)


def _country(text: str | None) -> str | None:
    return text.upper() if text is not None and len(text) == 2 and text.isalpha() else None


def _units(product: str | None, quantity: str | None) -> dict[str, int]:
    found = 1.0 if quantity is None else number(quantity) or 0.0
    return {product or "": round(min(max(found, 0.0), 1e6))}
