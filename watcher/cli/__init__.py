"""The command line: one module per command, none imported before it is needed."""

import click

from watcher.cli.spoken import SpokenGroup, SpokenOption, phrases_of

COMMANDS = {
    "demo": "watcher.cli.demo:demo",
    "init": "watcher.cli.init:init",
    "check": "watcher.cli.check:check",
    "scan": "watcher.cli.scan:scan",
    "alerts": "watcher.cli.alerts:alerts",
    "explain": "watcher.cli.explain:explain",
    "open": "watcher.cli.open:open_page",
    "letter": "watcher.cli.letter:letter",
    "evidence": "watcher.cli.evidence:evidence",
    "calendar": "watcher.cli.calendar:calendar",
    "loan": "watcher.cli.loan:loan",
    "rules": "watcher.cli.rules:rules",
    "account": "watcher.cli.account:account",
    "run": "watcher.cli.run:run",
    "service": "watcher.cli.service:service",
    "status": "watcher.cli.status:status",
    "doctor": "watcher.cli.doctor:doctor",
    "export": "watcher.cli.export:export",
    "forget": "watcher.cli.forget:forget",
    "completion": "watcher.cli.completion:completion",
}
"""Each command and where it is; the order is that of the help page."""


def _show_version(context: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001  click calls it so
    if value:
        click.echo(f"loan-watcher {_version()}")
        context.exit()


def _version() -> str:
    """Return the version of the installed package, or of the checkout that is run in place."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415  --help needs none

    try:
        return version("loan-watcher")
    except PackageNotFoundError:
        from pathlib import Path  # noqa: PLC0415  as above

        import tomli  # noqa: PLC0415  as above

        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomli.loads(project.read_text(encoding="utf-8"))["project"]["version"])


@click.group(
    cls=SpokenGroup,
    says="cli.help",
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.option(
    "--version",
    cls=SpokenOption,
    says="cli.option.version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
)
@click.pass_context
def group(context: click.Context) -> None:
    """Take the options that stand before the command; where none is named, say which there are."""
    phrases_of(context)
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
