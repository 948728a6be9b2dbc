"""What if, as a job: the question is its config, the answer its metadata; it writes no table."""

import dagster as dg
from pydantic import Field

from pipelines.line import Line
from pipelines.stages import whatif

JOB = "what_if"


class Question(dg.Config):
    """What should be different; all of it together."""

    cut_scope: dict[str, str] = Field(default={}, description="Project key → part of the open scope left out: 20%.")
    add_people: dict[str, str] = Field(default={}, description="Team key → people who join: 2; -1 for one who leaves.")
    drop_dependency: list[str] = Field(default=[], description="Dependencies by id, or as BEFORE>AFTER.")
    start_earlier: list[str] = Field(default=[], description="Dependencies of which what is waited for is done first.")
    move_promise: dict[str, str] = Field(default={}, description="Project key → promised day: 2026-12-01.")


@dg.op(description="The portfolio with and without what is asked, on the same draws.")
def answer_question(context: dg.OpExecutionContext, config: Question, line: dg.ResourceParam[Line]) -> None:
    asked = whatif.wishes(
        config.cut_scope, config.add_people, config.drop_dependency, config.start_earlier, config.move_promise
    )
    found = whatif.ask(line, asked)
    context.log.info(whatif.summary(found))
    context.add_output_metadata(
        {
            "summary": whatif.summary(found),
            "projects": dg.MetadataValue.md(whatif.table(found)),
            "answer": dg.MetadataValue.json(whatif.as_dict(found)),
        }
    )


@dg.job(name=JOB, description="What if scope were cut, people joined, a promise moved? Writes nothing.")
def what_if() -> None:
    answer_question()


def definitions() -> dg.Definitions:
    """The job alone."""
    return dg.Definitions(jobs=[what_if])
