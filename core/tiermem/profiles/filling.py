"""A caller's pydantic model filled from the lines of a profile; what nobody said is left empty. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from tiermem.errors import InvalidMessage, brief_repr
from tiermem.facts.stated.record import NO, USER, YES
from tiermem.profiles.lines.line import ProfileLine

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    Model = TypeVar("Model", bound=BaseModel)


def filled(schema: type[Model], lines: Sequence[ProfileLine]) -> Model:
    """*schema* with the values of those *lines* whose keys are the names of its fields; a value that a field does not
    take is left out, as if nobody had said it.

    Raises:
        InvalidMessage: *schema* is no pydantic model, or cannot be made with what is empty.
    """
    from pydantic import BaseModel, ValidationError

    if not isinstance(schema, type) or not issubclass(schema, BaseModel):
        raise InvalidMessage(f"schema must be a pydantic model, not {brief_repr(schema)}")
    own = [line for line in lines if line.subject == USER]
    values = {name: _value(name, about, own) for name, about in schema.model_fields.items()}
    known = {name: value for name, value in values.items() if value not in (None, [])}
    while True:
        empty = {name: None for name, about in schema.model_fields.items() if about.is_required() and name not in known}
        try:
            return schema.model_validate({**known, **empty}, by_name=True)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors() if one["loc"]} & known.keys()
            if not wrong:
                what = f"{schema.__name__} cannot be made of what is known: give {', '.join(empty)} a default"
                raise InvalidMessage(what) from error
            known = {name: value for name, value in known.items() if name not in wrong}


def _value(name: str, about: FieldInfo, lines: Sequence[ProfileLine]) -> Any:
    keys = {one.replace("_", " ").casefold() for one in (name, about.alias or name)}
    if _is_list(about.annotation):
        return [said for line in lines if (said := _listed(line, keys))]
    for line in lines:
        if line.attribute.casefold() in keys:
            return {YES: True, NO: False}.get(line.value, line.value)
    return None


def _listed(line: ProfileLine, keys: set[str]) -> str:
    """What *line* says is one of several: the value, or of "like painting", where that is so, the painting."""
    attribute = line.attribute.casefold()
    if attribute in keys:
        return line.value
    begun = next((key for key in keys if attribute.startswith(f"{key} ")), None)
    return line.attribute[len(begun) + 1 :] if begun and line.value == YES else ""


def _is_list(annotation: Any) -> bool:
    return annotation in (list, tuple, set) or any(
        get_origin(one) in (list, tuple, set) for one in (annotation, *get_args(annotation))
    )
