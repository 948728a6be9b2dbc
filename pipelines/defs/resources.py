"""The one resource of all assets: the line, with `as_of` as its only setting in the launchpad."""

from __future__ import annotations

import dagster as dg
from pydantic import Field

from pipelines import settings
from pipelines.clock import parse_instant
from pipelines.line import Line


class LineResource(dg.ConfigurableResource[Line]):
    """Settings are read from the environment when a run starts, so that a changed secret needs no restart."""

    as_of: str = Field(
        default="", description="Work as of this day or UTC instant (ISO 8601); empty: the sources' present."
    )
    full_sync: bool = Field(default=False, description="Read the sources in full instead of what changed.")

    def create_resource(self, context: dg.InitResourceContext) -> Line:
        progress = context.log.info if context.log else None
        config = settings.load()
        as_of = parse_instant(self.as_of, config.reporting_timezone)
        return Line(config, as_of, self.full_sync, progress or (lambda _: None), is_unattended=True)


def definitions() -> dg.Definitions:
    """The resource under the name every asset asks for."""
    return dg.Definitions(resources={"line": LineResource()})
