"""The folder that a connection looks at: what it was told of it, and what it is told next."""

from collections.abc import Sequence

from bench.imap_server.channel import Channel
from bench.imap_server.faults import Ending, Script
from bench.imap_server.fetch import Item, Numbered, fetched
from bench.imap_server.mailbox import Folder, Mail


class Selected:
    """A folder as one connection knows it."""

    def __init__(self, folder: Folder, channel: Channel, script: Script) -> None:
        self._folder = folder
        self._channel = channel
        self._script = script
        self._renumbered = folder.renumbered
        self.view: tuple[Mail, ...] = folder.mails()
        """What the client's sequence numbers count."""

    @property
    def renumbered(self) -> bool:
        """Whether the numbers that the client knows are void, and it must be told."""
        return self._folder.renumbered != self._renumbered

    def introduce(self) -> None:
        """Say what the folder holds."""
        folder, say = self._folder, self._channel.say
        say(b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)")
        say(b"* OK [PERMANENTFLAGS ()] Read-only mailbox")
        say(b"* %d EXISTS" % len(self.view))
        say(b"* 0 RECENT")
        if self._script.says_uidvalidity:
            say(b"* OK [UIDVALIDITY %d] UIDs valid" % folder.uidvalidity)
        if self._script.says_uidnext:
            say(b"* OK [UIDNEXT %d] Predicted next UID" % folder.uidnext)

    def news(self) -> None:
        """Tell what changed since the client last heard of the folder."""
        before, now = self.view, self._folder.mails()
        if now is before:
            return
        left = len(before)
        if now[:left] != before:
            held = set(map(id, now))
            for place in range(len(before), 0, -1):
                if id(before[place - 1]) not in held:
                    self._channel.say(b"* %d EXPUNGE" % place)
                    left -= 1
        self.view = now
        if len(now) > left:
            if not self._script.recent_only:
                self._channel.say(b"* %d EXISTS" % len(now))
            self._channel.say(b"* %d RECENT" % (len(now) - left))

    def fetch(self, chosen: Sequence[Numbered], items: Sequence[Item]) -> bool:
        """Say what is asked of some mails; False where one of them is gone."""
        script, channel = self._script, self._channel
        if script.others_first:
            channel.say(b"* 1 FETCH (FLAGS (\\Seen))")
            channel.say(b"* 2 FETCH (UID 4000000000 FLAGS (\\Seen))")
        between = script.interjections.get("FETCH", b"")
        contents = any(item.is_content for item in items)
        all_there = True
        for number, mail in chosen:
            if not self._folder.holds(mail) or (contents and mail.uid in script.vanishing):
                all_there = False
                continue
            if script.huge_literal_at == "FETCH":
                channel.say(b"* %d FETCH (UID %d BODY[] {%d}" % (number, mail.uid, script.huge))
                channel.write(b"x" * 1000)
                channel.end(Ending.STALL)
            for place, piece in enumerate(fetched(number, mail, items, script)):
                if place % 2:
                    self._literal(piece)
                else:
                    channel.write(piece)
            channel.write(between)
        return all_there

    def idle(self) -> bytes:
        """Say what comes as it comes, until the client says a line; return that."""
        folder, channel, at = self._folder, self._channel, self._script.news_at_idle
        channel.listen()
        folder.watch(channel.wake)
        try:
            if at == "before":
                self.news()
            channel.say(b"+ idling")
            if at == "with":
                self.news()
            channel.flush()
            channel.moment("idling")
            while True:
                self.news()
                channel.flush()
                if self.renumbered:
                    channel.end(Ending.BYE)
                line = channel.line_or_news()
                if line is not None:
                    return line
        finally:
            folder.unwatch(channel.wake)

    def _literal(self, data: bytes) -> None:
        """Say a literal's bytes; the script may take hold in the middle."""
        if self._script.stop_at != "literal" and self._script.drip_at != "literal":
            self._channel.write(data)
            return
        half = len(data) // 2
        self._channel.write(data[:half])
        self._channel.flush()
        self._channel.moment("literal")
        self._channel.write(data[half:])
