"""The watch over one store: what its IPs, networks and devices did within a day, and what that says of a session.

Everything is kept event by event. What is read of an event is read before the event itself is noted, so no reading
knows of anything that came later; of its own session a reading knows what it did, never how it ended. The same events
in the same order give the same readings, whether they are told as they happen or from what was stored.
"""

from collections import OrderedDict
from collections.abc import Hashable

from data.events import TimelineKind
from data.risk.entity import DAY, HOUR, Entity, added, distinct, noted
from data.risk.happening import Happening
from data.risk.norms import Habits
from data.risk.progress import act, fill, meet
from data.risk.reader import Scene, read
from data.risk.readings import Reading
from data.risk.stock import Stock
from data.risk.visit import BOUGHT, ENDED, Visit

MOST = 100_000
"""IPs, and networks, and devices that are remembered: of more, those that were not seen for the longest time go."""

_RAPID = 120_000  # milliseconds within which a cart that is emptied or cancelled was held in passing
_ROTATES = 4  # addresses of one device in an hour: more than a telephone and a home have
_SHARED = 10  # held units of a variant below which a share of them says nothing
_ENDINGS = {TimelineKind.CONVERTED: BOUGHT, TimelineKind.CANCELLED: ENDED, TimelineKind.EXPIRED: ENDED}


class Watch:
    """The watch over one store; ``currency`` is the store's, ``now`` the newest moment that it was told of (ms)."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self._ips, self._networks, self._devices = _Known(), _Known(), _Known()
        self._habits = Habits()
        self._stock = Stock()
        self.now = self._next_hour = 0

    @property
    def remembered(self) -> int:
        """How many IPs, networks and devices something is known of."""
        return len(self._ips) + len(self._networks) + len(self._devices)

    def see(self, one: Happening, visit: Visit | None) -> tuple[Visit, list[Reading]]:
        """Read an event of a session, then note it. ``visit`` is what is known of the session; it is changed.

        Readings are in the order of READINGS. For an event that is more than a day older than the newest, what its
        address and device did at that time is not known any more.
        """
        at = one.at
        if at > self.now:
            self._turn(at)
        if visit is None:
            visit = Visit(at, at, began_empty=not one.lines)
        self._meet(one, visit)
        # A day from the newest event, also for late ones: of more as little is known as after a start (data.past).
        since, past = self.now - DAY, self.is_past(at)
        scene = Scene(one, visit, self._habits.norms, self.currency, since, past)
        if not past:
            scene.ip = self._ips.get(visit.ip)
            scene.network = self._networks.get(visit.network)
            scene.device = self._devices.get(visit.device_id)
        if one.lines is not None and visit.over is None:
            scene.held_again = self._take(one, visit, scene)
        act(one, visit)
        ending = _ending(one, visit)
        scene.rapid = ending is ENDED and _in_passing(one, visit)
        readings = read(scene)
        if not past:
            self._note(one, visit, scene)
        if ending is not None:
            self._end(one, visit, ending, scene)
        return visit, readings

    def is_past(self, at: int) -> bool:
        """Whether what addresses and devices did at a moment is not known any more: a day before the newest event."""
        return at < self.now - DAY

    def decided(self, one: Happening, visit: Visit) -> None:
        """Note that the merchant decided about a session, for what others do next at its address and device.

        That is no news from the shop: the time of its events does not go on by it.
        """
        if not one.hand or self.is_past(one.at):
            return
        for known, key in ((self._ips, visit.ip), (self._devices, visit.device_id)):
            if key is not None:
                entity = known.touch(key, one.at)
                if one.kind is TimelineKind.RESTRICTED:
                    entity.restricted = noted(entity.restricted, one.session_id, one.at)
                else:
                    entity.cleared = noted(entity.cleared, one.session_id, one.at)

    def _turn(self, at: int) -> None:
        if at >= self._next_hour:
            self._next_hour = (at // HOUR + 1) * HOUR
            self._habits.turn(at)
            for known in (self._ips, self._networks, self._devices):
                known.forget(at - DAY)
        self.now = at

    def _meet(self, one: Happening, visit: Visit) -> None:
        before = visit.network
        meet(one, visit)
        if visit.network != before:
            visit.network_at = 0
            for variant, units in visit.held.items():  # what it holds is held from there now
                self._stock.hold(variant, before, -units)
                self._stock.hold(variant, visit.network, units)

    def _take(self, one: Happening, visit: Visit, scene: Scene) -> list[int]:
        """Let the session hold what its cart holds now; when that of it was let go which was held before in vain."""
        held_before, again = bool(visit.most), list[int]()
        for variant, units in fill(one.lines or {}, visit).items():
            new = units > 0 and visit.held[variant] == units
            if new:
                # Where the device is known it alone counts: colleagues behind one address hold the same things.
                person = scene.ip if visit.device_id is None else scene.device
                released = (person and person.released and person.released.get(variant)) or 0
                if scene.since < released <= one.at:
                    again.append(released)
                since = self._stock.since_release(variant, one.at)
                if since is not None and since < HOUR:
                    visit.snatched = since if visit.snatched is None else min(visit.snatched, since)
            mine, total = self._stock.hold(variant, visit.network, units)
            if units > 0 and total >= _SHARED and mine * visit.share[1] > visit.share[0] * total:
                visit.share = (mine, total)
        visit.most = max(visit.most, one.most)
        if visit.most and not held_before and visit.began_empty and one.at >= visit.begun:
            visit.first_add = one.at - visit.begun
        return again

    def _note(self, one: Happening, visit: Visit, scene: Scene) -> None:
        """Note a reservation where it was not yet, and what else the event shows."""
        at = one.at
        if visit.ip is not None and visit.network is not None:
            scene.ip = self._ips.touch(visit.ip, at)
            scene.network = self._networks.touch(visit.network, at)
            if not visit.ip_at:
                scene.ip.holds, visit.ip_at = added(scene.ip.holds, at), at
            if not visit.network_at:
                scene.network.holds, visit.network_at = added(scene.network.holds, at), at
            if one.agent:
                scene.ip.agents = noted(scene.ip.agents, hash(one.agent), at)
        if visit.device_id is not None:
            scene.device = self._devices.touch(visit.device_id, at)
            if not visit.device_at:
                scene.device.holds, visit.device_at = added(scene.device.holds, at), at
            if visit.line is not None and (one.ip is not None or one.device_id is not None):
                scene.device.addresses = seen = noted(scene.device.addresses, visit.line, at)
                lately = len(seen) if len(seen) < _ROTATES else distinct(seen, max(scene.since, at - HOUR), at, None)
                if scene.network is not None and lately >= _ROTATES:
                    scene.network.rotated = noted(scene.network.rotated, one.session_id, at)
        for released in scene.held_again:
            for entity in _people(scene):
                entity.held_again = added(entity.held_again, released)

    def _end(self, one: Happening, visit: Visit, ending: str, scene: Scene) -> None:
        """Note how a session ended, and let go what it held. One that expired may be bought all the same, later."""
        bought = ending == BOUGHT
        if not scene.past:
            people = _people(scene)
            for entity in people if scene.network is None else [*people, scene.network]:
                if bought and visit.over == ENDED and entity.ended and visit.over_at in entity.ended:
                    entity.ended.remove(visit.over_at)
                if bought:
                    entity.bought = added(entity.bought, one.at)
                else:
                    entity.ended = added(entity.ended, one.at)
            for entity in people:
                if one.declined:
                    entity.declined = added(entity.declined, one.at)
                elif scene.rapid:
                    entity.cancelled = added(entity.cancelled, one.at)
                if not bought:
                    for variant in visit.held:
                        entity.released = noted(entity.released, variant, one.at)
        for variant, units in visit.held.items():
            self._stock.hold(variant, visit.network, -units)
            if not bought:
                self._stock.release(variant, one.at)
        named = None if visit.ip is None else visit.agent is not None
        self._habits.over(one.at, bought=bought, most=visit.most, renewals=visit.renewals, named=named)
        visit.held, visit.over, visit.over_at = {}, ending, one.at


class _Known(OrderedDict[Hashable, Entity]):
    """Entities of one sort by their key, the longest unseen first."""

    def touch(self, key: Hashable, at: int) -> Entity:
        entity = self.get(key)
        if entity is None:
            entity = self[key] = Entity()
            if len(self) > MOST:
                self.popitem(last=False)
        else:
            self.move_to_end(key)
        if at > entity.seen:
            entity.seen = at
        return entity

    def forget(self, before: int) -> None:
        """Let those go that were not seen since ``before``: nothing that they did counts any more."""
        while self and next(iter(self.values())).seen < before:
            self.popitem(last=False)


def _people(scene: Scene) -> list[Entity]:
    """The address and the device: what one person may be behind. A network is many."""
    return [entity for entity in (scene.ip, scene.device) if entity is not None]


def _ending(one: Happening, visit: Visit) -> str | None:
    """How the session ends by this event; None where it goes on or had ended so before."""
    ending = _ENDINGS.get(one.kind)
    if one.lines is not None and not visit.held and visit.most and one.kind is TimelineKind.CART_UPDATED:
        ending = ENDED  # emptied
    if visit.over is None:
        return ending
    return BOUGHT if ending == BOUGHT and visit.over == ENDED else None


def _in_passing(one: Happening, visit: Visit) -> bool:
    return one.kind is not TimelineKind.EXPIRED and not one.declined and one.at - visit.begun <= _RAPID
