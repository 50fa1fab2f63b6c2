"""Damage anywhere in the exports that are text: reading ends and what comes out can be stored."""

from pathlib import Path

import pytest

from tests.sources.harm import assert_damage_stops_nothing
from tests.sources.tables import HEADER, RECEIVED, SENT, table
from tests.sources.test_superbackup import allsms, record
from tests.sources.vmessages import android, meizu, nokia
from watcher.sources.files import read_path
from watcher.sources.items import Progress

SAMPLES = {
    "superbackup": allsms(record('您的"白条"&#55357;&#56832;'), record("后", number=1)).encode(),
    "vmessage": (android("逾期3天\n请还") + nokia("请还") + meizu("还款")).encode(),
    "wide vmessage": nokia("请还😀").encode("utf-16-le"),
    "table": table(HEADER, RECEIVED, SENT, (*RECEIVED[:4], '他说"还"，\n好')).encode("gbk"),
}


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_damage_anywhere_never_stops_a_batch(tmp_path: Path, name: str) -> None:
    assert_damage_stops_nothing(tmp_path, name, SAMPLES[name])


def test_behind_walls_these_formats_give_what_they_give_without(tmp_path: Path) -> None:
    for name, content in SAMPLES.items():
        (tmp_path / name).write_bytes(content)

    inside, outside = (
        [item for item in read_path(tmp_path, sandbox=walls) if not isinstance(item, Progress)]
        for walls in (True, False)
    )

    assert inside == outside
    assert len(inside) > 2 * len(SAMPLES)
