"""What can be served besides the models that ship: the same weights in fewer bits, and answerers that are no models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blackbox.serve.catalogue import folder, members

if TYPE_CHECKING:
    from pathlib import Path

    from blackbox.serve.generation import Answerer
    from blackbox.serve.language_model import LanguageModel
    from blackbox.serve.worker import Worker

SCRIPTED = ("constant", "random-characters")
PRECISIONS = ("int8", "int4", "bf16")


def is_special(name: str) -> bool:
    """Return whether `name` is `constant`, `random-characters`, or a member in fewer bits, e.g. `a@int8`."""
    member, _, precision = name.partition("@")
    return name in SCRIPTED or (member in members() and precision in PRECISIONS)


def loaded(place: Path | str, worker: Worker) -> Answerer:
    """Return what answers for a model folder, or for a name that `is_special`."""
    from blackbox.serve.scripted_answers import ConstantAnswers, RandomCharacters
    from blackbox.serve.worker import ServedModel

    if place == "constant":
        return ConstantAnswers()
    if place == "random-characters":
        return RandomCharacters()
    return ServedModel(_model(place), worker)


def _model(place: Path | str) -> LanguageModel:
    from blackbox.serve.language_model import LanguageModel
    from blackbox.serve.quantised import HalfPrecisionModel, RoundedModel

    if not isinstance(place, str):
        return LanguageModel(place)
    member, _, precision = place.partition("@")
    if precision == "bf16":
        return HalfPrecisionModel(folder(member))
    return RoundedModel(folder(member), bits=int(precision.removeprefix("int")))
