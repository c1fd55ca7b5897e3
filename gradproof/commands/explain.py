"""``gradproof explain CODE``: the page behind the code of a message."""

from __future__ import annotations

import json
from textwrap import fill

import click

FORMATS = ("text", "json")


@click.command()
@click.argument("code", required=False)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="How to write it."
)
def explain(code: str | None, form: str) -> None:
    """Explain the CODE of a message: the rule, an example, the source; without CODE, list all codes."""
    click.echo(explained(code, form), nl=False)


def explained(code: str | None, form: str = "text") -> str:
    """The page of one code, or a line for each. Raises UsageError for a code that does not exist."""
    from derivations.slips import TABLE, slip_named
    from gradproof.text import WIDTH, environment

    found = [slip_named(code)] if code else list(TABLE)
    if form == "json":
        records = [slip.to_json() for slip in found]
        return json.dumps(records[0] if code else records, indent=2, ensure_ascii=False) + "\n"
    wide = max(len(slip.code) for slip in found)
    rule = fill(found[0].rule, WIDTH, initial_indent="  ", subsequent_indent="  ")
    page = environment().get_template("slip.txt.j2").render(slips=found, one=bool(code), wide=wide, rule=rule)
    return page.rstrip("\n") + "\n"
