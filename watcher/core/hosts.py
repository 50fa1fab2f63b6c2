"""Where a link really leads: to a lender, an authority, a short-link service, or somewhere unknown.

An unknown host is unknown, not bad (no list of all genuine hosts exists). Deceptive is a
host that is made to be taken for another one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from watcher.core.extract import Link
from watcher.core.lenders import Directory

SHORT_BRAND = 6
"""Brands shorter than this (jd, boc, lufax) count only as a whole part of a host's name."""

HOTLINE = 5
"""A brand of digits is a hotline (95508): it counts wherever it stands in a host's name."""

COMMON = frozenset({"vip", "lu", "mi", "www", "m", "bank", "mall", "pay", "card", "wap", "app"})
"""Names of genuine sites that are too common as words to be anyone's brand."""


ORDINARY_ENDINGS = frozenset({"com", "cn", "com.cn", "net", "hk", "com.hk"})


class HostClass(StrEnum):
    """What a host is, the worst first."""

    DECEPTIVE = "deceptive"
    UNLISTED = "unlisted"
    SHORT = "short"
    LISTED = "listed"


_DIGITS_FOR_LETTERS = str.maketrans("013457", "oleast")


_NOT_GENUINE = frozenset({"short", "brands", "payments", "contacts"})
"""Named lists of sites that are no list of genuine hosts."""


class Purpose(StrEnum):
    """What whoever scans a code or opens an address is led to do."""

    PAYMENT = "payment"
    CONTACT = "contact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hosts:
    """The hosts that are known, and the brands that others imitate."""

    listed: frozenset[str]
    short: frozenset[str]
    payments: frozenset[str]
    contacts: frozenset[str]
    brands: frozenset[str]
    long_brands: re.Pattern[str]
    lenders_with_domains: frozenset[str]

    @classmethod
    def of(cls, directory: Directory, sites: Mapping[str, tuple[str, ...]]) -> "Hosts":
        """Collect the hosts of the directory and of the named site lists."""
        domains = {domain for lender in directory.lenders for domain in lender.domains}
        others = {
            host for name, hosts in sites.items() if name not in _NOT_GENUINE for host in hosts
        }
        brands = frozenset({*_labels(domains), *sites.get("brands", ())})
        return cls(
            listed=frozenset(domains | others),
            short=frozenset(sites.get("short", ())),
            payments=frozenset(sites.get("payments", ())),
            contacts=frozenset(sites.get("contacts", ())),
            brands=brands,
            long_brands=_any_of(
                one for one in brands if len(one) >= (HOTLINE if one.isdigit() else SHORT_BRAND)
            ),
            lenders_with_domains=frozenset(
                lender.id for lender in directory.lenders if lender.domains
            ),
        )

    def classify(self, link: Link) -> HostClass:
        """Say what the host of a link is; a link nested in another is judged too."""
        own = self._classify_one(link)
        if own is HostClass.DECEPTIVE:
            return own
        for inner in link.nested:
            if self.classify(inner) in (HostClass.DECEPTIVE, HostClass.UNLISTED):
                return HostClass.DECEPTIVE
        return own

    def purpose(self, link: Link) -> Purpose:
        """Say what an address is for: to pay anyone, to add anyone, or else."""
        for one in (link, *link.nested):
            if _under(one.host, self.payments):
                return Purpose.PAYMENT
            if _under(one.host, self.contacts):
                return Purpose.CONTACT
        return Purpose.OTHER

    def _classify_one(self, link: Link) -> HostClass:
        if link.userinfo or link.ip or link.mixed_script or link.apk:
            return HostClass.DECEPTIVE
        if _under(link.host, self.listed):
            return HostClass.LISTED
        if _under(link.host, self.short):
            return HostClass.SHORT
        if self._imitates(link.host):
            return HostClass.DECEPTIVE
        return HostClass.UNLISTED

    def _imitates(self, host: str) -> bool:
        """Whether a host carries a brand that is not its own.

        A brand as the whole name under an ordinary ending (ctrip.cn) may well be the
        brand's own: such a host is unlisted, not deceptive.
        """
        labels = host.split(".")
        if self._carries(labels):
            return True
        name, ending = _split(labels)
        if name in self.brands and ending in ORDINARY_ENDINGS:
            return False
        own = labels[: -1 - ending.count(".")]
        parts = [part for label in own for part in label.split("-") if part]
        for part in parts:
            for spelt in {part, part.translate(_DIGITS_FOR_LETTERS), part.replace("rn", "m")}:
                if spelt in self.brands:
                    return True
                if self.long_brands.search(spelt):
                    return True
        return False

    def _carries(self, labels: list[str]) -> bool:
        """Whether the name of a known site stands ahead of the name that somebody registered."""
        name, ending = _split(labels)
        ahead = ".".join(labels).removesuffix(f"{name}.{ending}").split(".")[:-1]
        return any(
            ".".join(ahead[first:behind]) in known
            for known in (self.listed, self.short)
            for first in range(len(ahead) - 1)
            for behind in range(first + 2, len(ahead) + 1)
        )


def _any_of(brands: Iterable[str]) -> re.Pattern[str]:
    """Compile brands to one pattern; with none of them it never matches."""
    return re.compile("|".join(re.escape(brand) for brand in sorted(brands)) or r"(?!)")


def _split(labels: list[str]) -> tuple[str, str]:
    """Part the registered name from its public ending."""
    at = 2 if len(labels) > 2 and labels[-2] in ("com", "net", "org", "gov") else 1  # noqa: PLR2004  x.com.cn
    return (labels[-at - 1] if len(labels) > at else "", ".".join(labels[-at:]))


def _under(host: str, known: frozenset[str]) -> bool:
    labels = host.split(".")
    return any(".".join(labels[at:]) in known for at in range(len(labels)))


def _labels(domains: Iterable[str]) -> Iterable[str]:
    for domain in domains:
        label = domain.split(".")[0]
        if len(label) > 1 and label not in COMMON and not label.startswith("xn--"):
            yield label
