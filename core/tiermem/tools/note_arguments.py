"""What a model is told of the tools for notes of a kind, and the arguments they take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, Field, WithJsonSchema

# A model is shown a strict schema; what it then writes is taken as it is, and answered in words if it is of no use.
_Text = Annotated[Any, WithJsonSchema({"type": "string"})]
_Texts = Annotated[Any, WithJsonSchema({"type": "array", "items": {"type": "string"}})]
_Flag = Annotated[Any, WithJsonSchema({"type": "boolean"})]


class LearnProcedureArguments(BaseModel):
    """The arguments of `learn_procedure`."""

    name: _Text = Field(description="What it is for, in a few words; the same name again replaces it.")
    steps: _Texts = Field(description="What to do, in order, one step each.")
    preconditions: _Texts = Field(default=(), description="What must be so before, if anything.")


class ReportOutcomeArguments(BaseModel):
    """The arguments of `report_outcome`."""

    name: _Text = Field(description="The name of the procedure that was followed.")
    worked: _Flag = Field(description="Whether it worked when it was followed.")
    step: _Text = Field(default="", description="The step at which it failed, if it did.")


class RememberEventArguments(BaseModel):
    """The arguments of `remember_event`."""

    event: _Text = Field(description="What happened, in a sentence that can be understood by itself.")
    context: _Text = Field(default="", description="Where, with whom and why, if it matters.")
    feeling: _Text = Field(default="", description="How the user felt about it, if they said so.")
    when: _Text = Field(default="", description="When it happened: 2024-03-01, 2024-03, or words like last week.")


class DefineConceptArguments(BaseModel):
    """The arguments of `define_concept`."""

    name: _Text = Field(description="The term, as the user says it.")
    definition: _Text = Field(description="What it means here, in a sentence.")
    related: _Texts = Field(default=(), description="Other terms that belong to it.")


DESCRIPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "learn_procedure": (
            "Keep how a task is done, once it worked and will come again. Search memory for it before a task that may "
            "have been done before."
        ),
        "report_outcome": (
            "Say whether a learned procedure worked when it was followed, and at which step it failed. One that fails "
            "more often than it works is marked so."
        ),
        "remember_event": "Keep something that happened to the user, for later conversations.",
        "define_concept": "Keep what a term means to this user: a project, a person, a word of their own.",
    }
)
ARGUMENTS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "learn_procedure": LearnProcedureArguments,
        "report_outcome": ReportOutcomeArguments,
        "remember_event": RememberEventArguments,
        "define_concept": DefineConceptArguments,
    }
)
