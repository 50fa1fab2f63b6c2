"""The resident program: looks at the sources, shows what they brought, ends when told to.

The main thread runs one event loop and never touches SQLite; one ingest thread alone does
(`worker`), and takes its work from a queue. The scheduler's jobs only pass work on (`life`).
Messages are judged in a child, which holds the rules (`watcher.judging`).
"""

from watcher.daemon.lean import allocate_from_one_place, load_structlog

allocate_from_one_place()
load_structlog()
